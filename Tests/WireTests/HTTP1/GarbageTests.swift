import Testing
import Vocabulary
import Wire

/// Seeded mutations of good messages: whatever comes of them comes the same way cut and whole, and
/// nothing traps.
struct GarbageTests {
  private static let request = latin1(
    "POST /v1/completions?a=b HTTP/1.1\r\nHost: h:80\r\nContent-Length: 10\r\n"
      + "Connection: keep-alive, x-a\r\nX-A: \tb \r\nExpect: 100-continue\r\n\r\n0123456789")
  private static let answer = latin1(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n")
  private static let chunks = latin1(
    "4;a=\"b\"\r\nWiki\r\n6\r\npedia \r\n0;x\r\nA: b\r\nC: d\r\n\r\n")
  private static let alphabet = latin1("\r\n\t :;,=0123456789abcdefHTP/.\"\\\u{0}\u{7F}\u{FF}@(*-+")

  /// `bytes` with one to four bytes replaced, inserted, removed or doubled.
  private func mutated(_ bytes: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
    var result = bytes
    for _ in 0...Int.random(in: 0..<4, using: &generator) where !result.isEmpty {
      let place = Int.random(in: 0..<result.count, using: &generator)
      let byte = GarbageTests.alphabet.randomElement(using: &generator)!
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: result[place] = byte
      case 1: result.insert(byte, at: place)
      case 2: result.remove(at: place)
      case 3: result.insert(contentsOf: result[place...].prefix(20), at: place)
      default: result.removeLast(result.count - place)
      }
    }
    return result
  }

  @Test(arguments: 0..<20)
  func `a mutated head has one outcome however it is cut`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    for _ in 0..<60 {
      let request = mutated(GarbageTests.request, &generator)
      let answer = mutated(GarbageTests.answer, &generator)
      let requestCut = Int.random(in: 0...request.count, using: &generator)
      let answerCut = Int.random(in: 0...answer.count, using: &generator)
      let whole = requestOutcome(request, prefixes: [request.count])
      #expect(requestOutcome(request, prefixes: [requestCut, request.count]) == whole)
      #expect(requestOutcome(request, prefixes: Array(0...request.count)) == whole)
      let wholeAnswer = responseOutcome(answer, prefixes: [answer.count])
      #expect(responseOutcome(answer, prefixes: [answerCut, answer.count]) == wholeAnswer)
      #expect(responseOutcome(answer, prefixes: Array(0...answer.count)) == wholeAnswer)
    }
  }

  @Test(arguments: 0..<20)
  func `a mutated body decodes to the same bytes however it is cut`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed) &+ 1000)
    for _ in 0..<100 {
      let bytes = mutated(GarbageTests.chunks, &generator)
      let whole = decode(bytes, step: bytes.count + 1)
      #expect(decode(bytes, step: 1) == whole)
      #expect(decode(bytes, step: Int.random(in: 2..<9, using: &generator)) == whole)
    }
  }

  @Test(arguments: 0..<10)
  func `random bytes never trap`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed) &+ 2000)
    for _ in 0..<100 {
      let bytes = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      #expect(requestOutcome(bytes, prefixes: [bytes.count]).hasPrefix("error") || bytes.count < 40)
      _ = responseOutcome(bytes, prefixes: [bytes.count])
      _ = decode(bytes, step: 7)
    }
  }

  private func decode(_ bytes: [UInt8], step: Int) -> String {
    var decoder = HTTP1BodyDecoder(framing: .chunked)
    var body: [UInt8] = []
    var consumed = 0
    do {
      for start in stride(from: 0, to: bytes.count, by: step) {
        let piece = Array(bytes[start..<min(start + step, bytes.count)])
        var offset = 0
        while true {
          let event = try piece.withUnsafeBytes { try decoder.next($0, &offset) }
          if case .data(let range) = event {
            body += piece[range]
            continue
          }
          if event == .end { return "\(body) \(consumed + offset) \(decoder.trailerCount)" }
          break
        }
        consumed += piece.count
      }
    } catch {
      return "\(body) \(error)"
    }
    return "\(body) incomplete"
  }
}
