import JSONFields
import KVTransfer
import Testing
import Vocabulary

struct NIXLAnswerTests {
  /// As recorded from vLLM 0.32.0.
  private static let recorded =
    #"{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[[1,2,3,4]],"#
    + #""remote_engine_id":"939dd6df-0001","remote_request_id":"cmpl-r1-0-9889e014","#
    + #""remote_host":"127.0.0.1","remote_port":5601,"tp_size":1,"dcp_size":1,"pp_size":1,"#
    + #""remote_num_tokens":108,"remote_blocks_expiry_time":null,"transfer_mode":"pull","#
    + #""remote_prefill_cached_tokens":16}"#

  private func read(_ text: String) throws -> (answer: PrefillAnswer, parameters: String?) {
    try withBytes(of: text) { body in
      let answer = try NIXLConnector().readPrefillAnswer(body)
      let parameters = answer.parameters.map { String(decoding: body[$0], as: UTF8.self) }
      return (answer, parameters)
    }
  }

  private func answer(_ parameters: String) -> String {
    #"{"id":"cmpl-1","choices":[{"text":" x"}],"usage":{"prompt_tokens":108,"total_tokens":109},"#
      + #""kv_transfer_params":"# + parameters + "}"
  }

  @Test func `a recorded answer gives its parameters byte for byte and its numbers`() throws {
    let (answer, parameters) = try read(answer(Self.recorded))
    #expect(parameters == Self.recorded)
    #expect(answer.absence == nil)
    #expect(answer.engine == engine("939dd6df-0001"))
    #expect(answer.promptTokens == TokenCount(108))
    #expect(answer.transferTokens == TokenCount(108))
    #expect(answer.cachedTokens == TokenCount(16))
  }

  @Test(arguments: [
    ("{}", HandleAbsence.notGiven),
    (#"{"kv_transfer_params":null}"#, .notGiven),
    (#"{"kv_transfer_params":"x"}"#, .notAnObject),
    (#"{"kv_transfer_params":[{}]}"#, .notAnObject),
    (#"{"kv_transfer_params":{}}"#, .incomplete),
    (#"{"choices":[{"kv_transfer_params":{"do_remote_prefill":true}}]}"#, .notGiven),
    (#"{"kv_transfer_params":{"do_remote_prefill":true},"kv_transfer_params":null}"#, .notGiven),
  ])
  func `an answer without a usable handle says why`(text: String, absence: HandleAbsence) throws {
    let (answer, parameters) = try read(text)
    #expect(parameters == nil)
    #expect(answer.absence == absence)
  }

  @Test(arguments: [
    ("\"do_remote_prefill\":true", "\"do_remote_prefill\":false"),
    ("\"do_remote_prefill\":true", "\"do_remote_prefill\":1"),
    ("\"remote_engine_id\":\"939dd6df-0001\"", "\"remote_engine_id\":null"),
    ("\"remote_request_id\"", "\"renamed\""),
    ("\"remote_request_id\":\"cmpl-r1-0-9889e014\"", "\"remote_request_id\":null"),
    ("\"remote_host\":\"127.0.0.1\"", "\"remote_host\":null"),
    ("\"remote_port\":5601", "\"remote_port\":null"),
    ("\"remote_block_ids\":[[1,2,3,4]]", "\"remote_block_ids\":null"),
    ("\"tp_size\":1", "\"remote_host\":null"),
  ])
  func `a handle that lacks what decode needs is no handle`(old: String, new: String) throws {
    let changed = Self.recorded.replacing(old, with: new)
    #expect(changed != Self.recorded)
    let (answer, parameters) = try read(answer(changed))
    #expect(parameters == nil)
    #expect(answer.absence == .incomplete)
    #expect(answer.promptTokens == TokenCount(108))
  }

  @Test(arguments: [
    (",\"dcp_size\":1", ""),
    (",\"remote_prefill_cached_tokens\":16", ""),
    (",\"remote_num_tokens\":108", ""),
    (
      "\"transfer_mode\":\"pull\"",
      "\"transfer_mode\":\"pull\",\"remote_registration_generation\":3"
    ),
  ])
  func `members that come and go between releases do not matter`(old: String, new: String) throws {
    let changed = Self.recorded.replacing(old, with: new)
    #expect(changed != Self.recorded)
    #expect(try read(answer(changed)).parameters == changed)
  }

  @Test(arguments: ["-1", "1.5", "\"7\"", "1e400", "null", "99999999999999999999"])
  func `a number that is no count is not noted`(number: String) throws {
    let changed = Self.recorded.replacing(":108", with: ":" + number)
    let (answer, parameters) = try read(answer(changed))
    #expect(parameters == changed)
    #expect(answer.transferTokens == nil)
  }

  @Test(arguments: ["", "[]", "null", "{", "{\"kv_transfer_params\":{}", "{}x", "\u{FEFF}{}"])
  func `an answer that is no JSON object is an error`(text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test func `parameters beyond the limit are not taken`() throws {
    let blocks = String(repeating: "1234567,", count: NIXLConnector.maximumParameterBytes / 8)
    let huge = Self.recorded.replacing("[[1,2,3,4]]", with: "[[" + blocks + "1]]")
    #expect(try read(answer(huge)).answer.absence == .tooLarge)
  }

  @Test func `an answer cut at any byte is an error and never crashes`() {
    let whole = answer(Self.recorded)
    for length in 0..<whole.utf8.count {
      let part = String(decoding: Array(whole.utf8)[..<length], as: UTF8.self)
      #expect(throws: JSONError.self) { try read(part) }
    }
  }

  @Test func `an answer with damaged bytes gives a handle inside it or none, and never crashes`() {
    let whole = Array(answer(Self.recorded).utf8)
    var generator = SplitMix64(seed: 99)
    var readable = 0
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...Int(generator.next(upperBound: UInt64(3))) {
        let place = Int(generator.next(upperBound: UInt64(bytes.count)))
        bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      }
      bytes.withUnsafeBytes { body in
        guard let answer = try? NIXLConnector().readPrefillAnswer(body) else { return }
        readable += 1
        #expect((answer.parameters == nil) == (answer.absence != nil))
        if let range = answer.parameters { #expect(range.upperBound <= body.count) }
      }
    }
    #expect(readable > 1000)
  }

  @Test func `identities of different engine ids differ`() {
    let names = ["", "a", "b", "ab", "ba", "abcdefgh", "abcdefgi", "abcdefgh1", "1abcdefgh"]
    #expect(Set(names.map { engine($0) }).count == names.count)
  }

  @Test func `every absence has its own name`() {
    let names = HandleAbsence.allCases.map { "\($0.name)" }
    #expect(Set(names).count == names.count)
  }
}
