import Testing
import Vocabulary
import Wire

/// An event as engines write it, in a chunk of its own.
private func event(_ data: String) -> String { "data: \(data)\n\n" }

private func chunk(_ text: String) -> String {
  String(latin1(text).count, radix: 16) + "\r\n" + text + "\r\n"
}

/// A scanner that has seen a token.
private func makeScanner() -> ServerSentEventScanner {
  var scanner = ServerSentEventScanner()
  latin1(event(StreamSample.role) + event(StreamSample.chat("first"))).withUnsafeBytes {
    _ = scanner.scan($0)
  }
  return scanner
}

private func scan(_ text: String, stopsAtUsage: Bool = false) -> PlainChunkRun {
  var scanner = makeScanner()
  return latin1(text).withUnsafeBytes { scanner.scan(chunks: $0, stopsAtUsage: stopsAtUsage) }
}

struct ChunkedEventTests {
  private static let token = chunk(event(StreamSample.chat("b")))

  @Test func `tokens in chunks of their own are counted`() {
    let run = scan(Self.token + Self.token + chunk(event(StreamSample.finish)))
    #expect(run.tokenEvents == 3)
    #expect(run.end == 2 * Self.token.utf8.count + chunk(event(StreamSample.finish)).utf8.count)
    #expect(
      run.bodyByteCount == 2 * event(StreamSample.chat("b")).utf8.count
        + event(StreamSample.finish).utf8.count)
  }

  @Test(arguments: [
    event("[DONE]"), event(StreamSample.error), event(StreamSample.usage), ": ping\n\n",
    event(StreamSample.chat("x")) + event(StreamSample.error),
    event(StreamSample.chat("x")) + event(StreamSample.chat("y")),
    "data: " + StreamSample.chat("x"), "data: " + StreamSample.chat("x") + "\n",
    StreamSample.chat("x") + "\n\n", "\n", "\n\n", "x",
    "data: " + StreamSample.chat("x") + "\r\n\r\n",
    "event: error\n" + event(StreamSample.chat("x")),
    event(StreamSample.chat("x").replacing(quoted: "null", by: "\"abort\"")),
    event(StreamSample.chat("about")), event("{}"), event(""),
  ])
  func `a chunk with anything else ends them`(text: String) {
    #expect(scan(chunk(text)).end == 0)
    let run = scan(Self.token + chunk(text) + Self.token)
    #expect(run.tokenEvents == 1 && run.end == Self.token.utf8.count)
  }

  @Test func `a chunk that may hold usage ends them where somebody reads it`() {
    let counted = StreamSample.chat("x").dropLast() + #","usage":{"prompt_tokens":3}}"#
    let text = Self.token + chunk(event(String(counted)))
    #expect(scan(text).tokenEvents == 2)
    #expect(scan(text, stopsAtUsage: true).tokenEvents == 1)
    #expect(scan(Self.token, stopsAtUsage: true).tokenEvents == 1)
  }

  @Test func `nothing is taken within an event, and none before a token was seen`() {
    var scanner = makeScanner()
    latin1("data: {").withUnsafeBytes { _ = scanner.scan($0) }
    latin1(Self.token).withUnsafeBytes {
      #expect(scanner.scan(chunks: $0, stopsAtUsage: false).end == 0)
    }
    var fresh = ServerSentEventScanner()
    latin1(Self.token).withUnsafeBytes {
      #expect(fresh.scan(chunks: $0, stopsAtUsage: false).end == 0)
    }
  }

  @Test func `a carriage return that may go on is waited for`() {
    var scanner = makeScanner()
    latin1("data: 1\r\r").withUnsafeBytes { _ = scanner.scan($0) }
    latin1(Self.token).withUnsafeBytes {
      #expect(scanner.scan(chunks: $0, stopsAtUsage: false).end == 0)
    }
  }

  @Test func `a line end or an abort anywhere in an event is seen`() {
    let plain = latin1(event(StreamSample.chat(String(repeating: "x", count: 80))))
    for place in 0..<(plain.count - 2) {
      var broken = plain
      broken[place] = UInt8(ascii: "\n")
      let text = String(decoding: broken, as: UTF8.self)
      #expect(scan(chunk(text)).end == 0, "a line ends at \(place)")
    }
    let content = String(decoding: plain, as: UTF8.self)
    #expect(scan(chunk(content)).tokenEvents == 1)
    let start = content.place(of: "xxx") ?? content.startIndex
    for place in 0..<73 {
      var aborted = plain
      let offset = content[..<start].utf8.count + place
      aborted.replaceSubrange(offset..<offset + 7, with: latin1(#""abort""#))
      #expect(scan(chunk(String(decoding: aborted, as: UTF8.self))).end == 0, "at \(place)")
    }
  }
}

extension String {
  fileprivate func replacing(quoted old: String, by new: String) -> String {
    // The last of them is the reason.
    guard let place = ranges(of: "\"finish_reason\":" + old).last else { return self }
    return self[..<place.lowerBound] + "\"finish_reason\":" + new + self[place.upperBound...]
  }

  private func ranges(of text: String) -> [Range<String.Index>] {
    indices.compactMap { index in
      self[index...].hasPrefix(text)
        ? index..<self.index(index, offsetBy: text.count) : nil
    }
  }

  fileprivate func place(of text: String) -> String.Index? {
    indices.first { self[$0...].hasPrefix(text) }
  }
}
