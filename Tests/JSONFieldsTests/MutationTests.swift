import Foundation
import JSONFields
import Testing
import Vocabulary

struct MutationTests {
  static let seeds = [
    """
    {"model":"m","messages":[{"role":"user","content":"Hi \\"you\\"\\n\\u00e9 \\ud83d\\ude00"}],\
    "stream":true,"max_tokens":16,"temperature":-0.7e-1,"stop":null}
    """,
    "{\"prompt\":[1,22,333,[4]],\"n\":1.50,\"user\":\"日本é😀\",\"\\u006e\":{\"a\":[],\"b\":{}}} ",
    " [ true , false , null , -0 , 1E+5 , \"\\\\\\/\\b\\f\\r\\t\" , [ [ { \"k\" : \"v\" } ] ] ] ",
  ]

  @Test(arguments: 0..<4)
  func `mutated documents are taken or refused as Foundation does, and never crash`(_ seed: Int) {
    var random = SplitMix64(seed: UInt64(seed) &+ 77)
    var taken = 0
    for round in 0..<5_000 {
      let bytes = mutate(Array(MutationTests.seeds[round % 3].utf8), &random)
      let isTaken = refusal(bytes) == nil
      if isTaken { taken += 1 }
      guard isComparable(bytes) else { continue }
      #expect(isTaken == foundationTakes(bytes), "\(String(decoding: bytes, as: UTF8.self))")
    }
    // The mutations are mild enough that both outcomes are common.
    #expect(taken > 250 && taken < 4_750)
  }

  @Test(arguments: 0..<4)
  func `mutated and random bytes never crash any reader`(_ seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed) &+ 1_000)
    for round in 0..<25_000 {
      let bytes =
        round % 8 == 0
        ? noise(&random) : mutate(Array(MutationTests.seeds[round % 2].utf8), &random)
      let exact = ExactBytes(bytes)
      guard let fields = try? JSONFields(validating: exact.raw) else { continue }
      for key in JSONFields.Key.allCases where fields[key] != nil {
        _ = fields.integer(key, in: exact.raw)
        _ = fields.string(key, in: exact.raw)
        _ = try fields.nested(key, in: exact.raw)
      }
      var edits = BodyEdits()
      edits.set(.n, to: "1")
      edits.remove(.model)
      edits.remove(.stop)
      let edited = edits.apply(to: fields, of: exact.raw)
      var buffer = ByteBuffer()
      edited.append(to: &buffer, of: exact.raw)
      let again = try JSONFields(validating: buffer.bytes)
      #expect(again.integer(.n, in: buffer.bytes) == 1)
      #expect(again[.model] == nil && again[.stop] == nil && !again.hasDuplicates)
    }
  }

  private func mutate(_ original: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    let pool =
      Array("{}[]\",:\\/ \n0123456789eE+-.truefalsnu\u{0}\u{1F}é日😀".utf8) + [
        0x80, 0xC0, 0xED, 0xFF,
      ]
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes.remove(at: place)
      case 1: bytes.insert(pool.randomElement(using: &random)!, at: place)
      case 2: bytes[place] = pool.randomElement(using: &random)!
      case 3: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
      case 4:
        let end = min(bytes.count, place + Int.random(in: 1...12, using: &random))
        bytes.insert(
          contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
      default:
        if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeSubrange(place...) }
      }
    }
    return bytes
  }

  private func noise(_ random: inout SplitMix64) -> [UInt8] {
    (0..<Int.random(in: 0...40, using: &random)).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
  }

  private func foundationTakes(_ bytes: [UInt8]) -> Bool {
    do {
      _ = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      return true
    } catch {
      return false
    }
  }

  /// Whether Foundation means the same by these bytes.
  ///
  /// It guesses UTF-16 and UTF-32 from zero bytes, takes a comma at the end of an array, and
  /// refuses numbers beyond the range of doubles.
  private func isComparable(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return !bytes.contains(0) && bytes.count > 3 && text.firstMatch(of: /,[ \n]*\]/) == nil
      && text.firstMatch(of: /[eE]\+?[0-9]{3}/) == nil
  }
}
