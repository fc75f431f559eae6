import Testing
import Wire

/// What a client takes of a server (RFC 9113 §5, §6, §8).
struct AnswerConformanceTests {
  private static let malformed = ConformanceRow.Outcome.stream(1, .protocolError)

  private static func answer(
    _ fields: [(String, String)], ends: Bool = true, _ status: String = "200"
  ) -> RawFrame {
    .headers(1, [(":status", status)] + fields, ends: ends)
  }

  /// A session that has sent one request and not ended it.
  private func client(_ method: String = "POST") -> SessionSide {
    let side = SessionSide(.client)
    _ = side.output()
    let id = side.request("\(method) / HTTP/1.1\r\nHost: h\r\n\r\n")
    _ = side.output()
    #expect(id == HTTP2StreamID(1))
    return side
  }

  @Test(arguments: [
    ConformanceRow("8.1 an answer without a body", [answer([])], .heard(["1 200 none ends"])),
    ConformanceRow(
      "8.1 an answer with a body", [answer([], ends: false), .data(1, "a", ends: true)],
      .heard(["1 200 chunked", "1 end", "1 a"])),
    ConformanceRow(
      "8.1 an answer with a length",
      [answer([("content-length", "1")], ends: false), .data(1, "a", ends: true)],
      .heard(["1 200 length(1) content-length:1", "1 end", "1 a"])),
    ConformanceRow(
      "8.1 an answer with trailers",
      [answer([], ends: false), .data(1, "a"), .headers(1, [("grpc-status", "0")])],
      .heard(["1 200 chunked", "1 trailers grpc-status: 0|", "1 end", "1 a"])),
    ConformanceRow(
      "8.1 interim answers",
      [
        answer([("link", "x")], ends: false, "103"), answer([], ends: false, "100"), answer([]),
      ], .heard(["1 103 none link:x", "1 100 none", "1 200 none ends"])),
    ConformanceRow(
      "8.1 an interim answer that ends the stream", [answer([], "100")], malformed),
    ConformanceRow(
      "8.1 DATA after an interim answer", [answer([], ends: false, "100"), .data(1, "a")],
      .stream(1, .protocolError)),
    ConformanceRow("8.1 DATA before an answer", [.data(1, "a")], .connection(.protocolError)),
    ConformanceRow(
      "8.1 a second answer", [answer([], ends: false), answer([])], malformed),
    ConformanceRow("8.3.2 no :status", [.headers(1, [("x", "y")])], malformed),
    ConformanceRow("8.3.2 :status twice", [answer([(":status", "200")])], malformed),
    ConformanceRow("8.3.2 :status of two digits", [answer([], "20")], malformed),
    ConformanceRow("8.3.2 :status of letters", [answer([], "2x0")], malformed),
    ConformanceRow("8.3.2 :status 101", [answer([], ends: false, "101")], malformed),
    ConformanceRow("8.3.2 :status 099", [answer([], "099")], .stream(1, .cancel)),
    ConformanceRow("8.3 a pseudo-field of requests", [answer([(":path", "/")])], malformed),
    ConformanceRow("8.2.1 an upper-case name", [answer([("X", "y")])], malformed),
    ConformanceRow("8.2.1 a value with CR LF", [answer([("x", "a\r\nb: c")])], malformed),
    ConformanceRow("8.2.2 connection", [answer([("connection", "close")])], malformed),
    ConformanceRow(
      "8.2.2 transfer-encoding", [answer([("transfer-encoding", "chunked")])], malformed),
    ConformanceRow(
      "8.1.1 a shorter body",
      [answer([("content-length", "2")], ends: false), .data(1, "a", ends: true)], malformed),
    ConformanceRow(
      "8.1.1 a longer body",
      [answer([("content-length", "2")], ends: false), .data(1, "abc", ends: true)], malformed),
    ConformanceRow(
      "8.1.1 304 with the length it would have",
      [answer([("content-length", "2")], "304")],
      .heard(["1 304 none content-length:2 ends"])),
    ConformanceRow("204", [answer([], "204")], .heard(["1 204 none ends"])),
    ConformanceRow(
      "5.1 HEADERS on an idle stream of ours", [.headers(3, [(":status", "200")])],
      .connection(.protocolError)),
    ConformanceRow(
      "5.1.1 HEADERS on a stream of theirs", [.headers(2, [(":status", "200")])],
      .connection(.protocolError)),
    ConformanceRow(
      "6.4 RST_STREAM", [.reset(1, .refusedStream)], .heard(["1 closed refusedStream"])),
    ConformanceRow(
      "8.1 an answer, then RST_STREAM without an error: no more of the request is wanted",
      [answer([], ends: false), .data(1, "a", ends: true), .reset(1, .noError)],
      .heard(["1 200 chunked", "1 end", "1 closed noError", "1 a"])),
    ConformanceRow(
      "6.5.2 ENABLE_PUSH from a server", [.settings([(2, 1)])], .connection(.protocolError)),
    ConformanceRow(
      "6.6 PUSH_PROMISE though it was declined",
      [RawFrame(.pushPromise, 4, 1, big(2) + HeaderText.block(HeaderText.request()))],
      .connection(.protocolError)),
    ConformanceRow(
      "6.8 GOAWAY that leaves the stream",
      [.goAway(1, .noError), answer([])], .heard(["goaway 1 noError", "1 200 none ends"])),
    ConformanceRow(
      "6.8 GOAWAY below the stream", [.goAway(0, .noError)],
      .over(["goaway 0 noError", "1 closed refusedStream"])),
    ConformanceRow(
      "6.8 GOAWAY that names a stream of theirs", [.goAway(2, .noError)],
      .connection(.protocolError)),
    ConformanceRow("RFC 7838 ALTSVC is ignored", [RawFrame(0xA, 0, 0, [0, 1, 104])], .fine),
    ConformanceRow("RFC 8336 ORIGIN is ignored", [RawFrame(0xC, 0, 0, [])], .fine),
  ])
  func `an answer is taken or refused as RFC 9113 says`(row: ConformanceRow) {
    row.check { client() }
  }

  @Test(arguments: [
    ConformanceRow(
      "HEAD with the length it would have", [answer([("content-length", "2")])],
      .heard(["1 200 none content-length:2 ends"])),
    ConformanceRow(
      "HEAD with a body", [answer([], ends: false), .data(1, "a", ends: true)],
      .stream(1, .protocolError)),
  ])
  func `an answer to HEAD has no body`(row: ConformanceRow) {
    row.check { client("HEAD") }
  }
}
