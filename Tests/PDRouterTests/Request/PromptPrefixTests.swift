import JSONFields
import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct PromptPrefixTests {
  private func chain(_ body: String) throws -> (blocks: [UInt64], model: UInt64) {
    var reader = PromptPrefix(PrefixHasher(seed: 5))
    let bytes = Array(body.utf8)
    return try bytes.withUnsafeBytes { bytes in
      let fields = try JSONFields(validating: bytes)
      let model = reader.model(fields, of: bytes, named: nil)
      return (reader.read(fields, of: bytes, for: model, reusing: PrefixChain()).hashes, model)
    }
  }

  private func chat(_ turns: Int, _ extra: String = "") -> String {
    let messages = (0..<turns).map { turn in
      #"{"role":"user","content":"\#(String(repeating: "turn \(turn) ", count: 100))"}"#
    }
    return #"{"messages":[\#(messages.joined(separator: ","))]\#(extra)}"#
  }

  @Test func `the next turn of a chat begins with all blocks of the last one`() throws {
    for turns in 1...6 {
      let last = try chain(chat(turns)).blocks
      let next = try chain(chat(turns + 1)).blocks
      #expect(!last.isEmpty && next.count > last.count)
      #expect(Array(next.prefix(last.count)) == last)
    }
  }

  @Test(arguments: [
    #","model":"b""#, #","cache_salt":"x""#, #","lora_path":"a""#, #","tools":[{}]"#,
  ])
  func `what separates caches separates chains`(field: String) throws {
    let plain = try chain(chat(3)).blocks
    let other = try chain(chat(3, field)).blocks
    #expect(plain.count == other.count)
    #expect(zip(plain, other).allSatisfy { $0 != $1 })
  }

  @Test func `fields that caches do not know change nothing`() throws {
    let other = try chain(chat(3, #","temperature":0.5,"user":"u","stream":true,"n":2"#))
    #expect(try chain(chat(3)).blocks == other.blocks)
  }

  @Test func `only the model and the adapter make the model`() throws {
    let plain = try chain(chat(1)).model
    #expect(try chain(chat(2, #","cache_salt":"x","tools":[1]"#)).model == plain)
    #expect(try chain(chat(1, #","model":"b""#)).model != plain)
    #expect(try chain(chat(1, #","lora_path":"b""#)).model != plain)
  }

  /// Bodies, and how many blocks of 512 bytes they fill; the prompt's last byte does not count.
  @Test(arguments: [
    ("{}", 0), (#"{"prompt":"short"}"#, 0), (#"{"messages":[]}"#, 0), (#"{"prompt":null}"#, 0),
    (#"{"prompt":"\#(String(repeating: "a", count: 510))"}"#, 0),
    (#"{"prompt":"\#(String(repeating: "a", count: 511))"}"#, 1),
    (#"{"prompt":"\#(String(repeating: "a", count: 1023))"}"#, 2),
    (#"{"prompt":[\#(Array(repeating: "17", count: 400).joined(separator: ","))]}"#, 2),
    (#"{"input":"\#(String(repeating: "é", count: 600))"}"#, 2),
    (#"{"text":"\#(String(repeating: "t", count: 600))"}"#, 1),
  ])
  func `prompts of every form are cut into whole blocks`(body: String, blocks: Int) throws {
    #expect(try chain(body).blocks.count == blocks)
  }
}
