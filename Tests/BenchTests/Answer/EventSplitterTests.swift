import Testing
import Vocabulary

@testable import Bench

/// Event streams cut into the data of their events.
@Suite struct EventSplitterTests {
  private static func events(_ pieces: [[UInt8]]) -> [String] {
    var splitter = EventSplitter()
    var events: [String] = []
    for piece in pieces {
      let isWithinLimits = piece.withUnsafeBytes { bytes in
        splitter.split(bytes) { events.append(String(decoding: $0, as: UTF8.self)) }
      }
      #expect(isWithinLimits)
    }
    return events
  }

  static let streams: [(String, [String])] = [
    ("data: a\n\ndata: b\n\n", ["a", "b"]),
    ("data:a\r\n\r\ndata: b\r\rdata: c\n\r\n", ["a", "b", "c"]),
    (": comment\n\nevent: x\nid: 1\ndata: a\nretry: 3\n\n", ["a"]), ("data: a\n", []),
    ("data: a\ndata: b\ndata:  c\n\ndata: d\n\n", ["a\nb\n c", "d"]), ("\n\n\n", []),
    ("data\n\ndata:\n\ndata: \n\n", ["", "", ""]), ("database: a\n\n", []),
    ("\u{FEFF}data: ü\n\ndata: [DONE]\n\n", ["ü", "[DONE]"]), ("dat: x\ndata: {\"a\":1}", []),
  ]

  @Test(arguments: streams)
  func `events are found whole, split at every byte, and byte by byte`(
    _ text: String, _ events: [String]
  ) {
    let bytes = Array(text.utf8)
    #expect(Self.events([bytes]) == events)
    #expect(Self.events(bytes.map { [$0] }) == events)
    for place in 0...bytes.count {
      #expect(Self.events([Array(bytes[..<place]), Array(bytes[place...])]) == events)
      for next in place...bytes.count where bytes.count < 40 {
        let pieces = [bytes[..<place], bytes[place..<next], bytes[next...]].map { Array($0) }
        #expect(Self.events(pieces) == events)
      }
    }
  }

  @Test func `garbage gives no trap, and the same events however it is cut`() {
    var generator = SplitMix64(seed: 5)
    let alphabet = Array("data: \n\r\u{FEFF}x".utf8)
    for _ in 0..<300 {
      let bytes = (0..<60).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      let whole = Self.events([bytes])
      #expect(Self.events(bytes.map { [$0] }) == whole)
      let place = Int.random(in: 0...60, using: &generator)
      #expect(Self.events([Array(bytes[..<place]), Array(bytes[place...])]) == whole)
    }
  }

  @Test func `an event beyond the limit is told`() {
    var splitter = EventSplitter()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    let outcomes = (0...16).map { _ in piece.withUnsafeBytes { splitter.split($0) { _ in } } }
    #expect(outcomes.prefix(16).allSatisfy { $0 } && outcomes[16] == false)
  }

  @Test func `a new stream begins without what was left of the last one`() {
    var splitter = EventSplitter()
    var events: [String] = []
    for text in ["data: old\nda", "data: new\n\n"] {
      splitter.reset()
      let isFresh = splitter.isAtBoundary
      #expect(isFresh)
      _ = Array(text.utf8).withUnsafeBytes { bytes in
        splitter.split(bytes) { events.append(String(decoding: $0, as: UTF8.self)) }
      }
    }
    #expect(events == ["new"])
  }
}
