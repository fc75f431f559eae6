import Testing
import Wire

/// Requests: pseudo-fields, fields, lengths (RFC 9113 §8), and what HTTP/1.1 could misread.
struct HeadConformanceTests {
  private static let malformed = ConformanceRow.Outcome.stream(1, .protocolError)

  private static func request(
    _ name: String, _ fields: [(String, String)], _ outcome: ConformanceRow.Outcome
  ) -> ConformanceRow {
    ConformanceRow(name, [.headers(1, fields)], outcome)
  }

  /// A request with these fields after the pseudo-fields.
  private static func with(
    _ name: String, _ fields: [(String, String)], _ outcome: ConformanceRow.Outcome
  ) -> ConformanceRow {
    request(name, HeaderText.request(fields), outcome)
  }

  private static func heard(_ words: String) -> ConformanceRow.Outcome {
    .heard(["1 GET / host=h none host:h\(words) ends"])
  }

  private static func bad(_ error: WireError) -> ConformanceRow.Outcome {
    .heard(["1 bad \(error)"])
  }

  @Test(arguments: [
    with("8.2.1 an upper-case name", [("X-A", "b")], malformed),
    with("8.2.1 an empty name", [("", "b")], malformed),
    with("8.2.1 a name with a space", [("x a", "b")], malformed),
    with("8.2.1 a name with a colon", [("x:a", "b")], malformed),
    with("8.2.1 a name with CR LF", [("x\r\ny", "b")], malformed),
    with("8.2.1 a name with NUL", [("x\u{0}", "b")], malformed),
    with("8.2.1 a name beyond ASCII", [("x\u{FF}", "b")], malformed),
    with("8.2.1 a name with DEL", [("x\u{7F}", "b")], malformed),
    with("8.2.1 a value with CR LF and a field", [("x", "a\r\nhost: evil")], malformed),
    with("8.2.1 a value with CR", [("x", "a\rb")], malformed),
    with("8.2.1 a value with LF", [("x", "a\nb")], malformed),
    with("8.2.1 a value with NUL", [("x", "a\u{0}b")], malformed),
    with("8.2.1 a value with another control character", [("x", "a\u{1}b")], malformed),
    with("8.2.1 a value with DEL", [("x", "a\u{7F}b")], malformed),
    with("8.2.1 a value with a space before it", [("x", " a")], malformed),
    with("8.2.1 a value with a tab after it", [("x", "a\t")], malformed),
    with("8.2.1 a value with a tab inside", [("x", "a\tb")], heard(" x:a\tb")),
    with("8.2.1 a value beyond ASCII", [("x", "\u{C3}\u{A9}")], heard(" x:\u{E9}")),
    with("8.2.1 an empty value", [("x", "")], heard(" x:")),
    with("8.2.2 connection", [("connection", "close")], malformed),
    with("8.2.2 keep-alive", [("keep-alive", "5")], malformed),
    with("8.2.2 proxy-connection", [("proxy-connection", "a")], malformed),
    with("8.2.2 transfer-encoding", [("transfer-encoding", "chunked")], malformed),
    with("8.2.2 upgrade", [("upgrade", "h2c")], malformed),
    with("8.2.2 te", [("te", "gzip")], malformed),
    with("8.2.2 te with trailers and more", [("te", "trailers, gzip")], malformed),
    with("8.2.2 te: trailers", [("te", "trailers")], heard(" te:trailers")),
    with(
      "8.2.3 crumbs of a cookie", [("cookie", "a=b"), ("x", "y"), ("cookie", "c=d")],
      heard(" x:y cookie:a=b; c=d")),
    request(
      "8.3 a pseudo-field after a field",
      [(":method", "GET"), (":scheme", "http"), ("x", "y"), (":path", "/"), (":authority", "h")],
      malformed),
    with("8.3 an unknown pseudo-field", [(":x", "y")], malformed),
    request(
      "8.3 a pseudo-field of answers", HeaderText.request() + [(":status", "200")], malformed),
    request("8.3 a pseudo-field in upper case", [(":METHOD", "GET")], malformed),
    request("8.3 :method twice", [(":method", "GET")] + HeaderText.request(), malformed),
    request("8.3 :path twice", [(":path", "/")] + HeaderText.request(), malformed),
    request("8.3 :scheme twice", [(":scheme", "http")] + HeaderText.request(), malformed),
    request("8.3 :authority twice", [(":authority", "h")] + HeaderText.request(), malformed),
    request(
      "8.3.1 no :method", [(":scheme", "http"), (":path", "/"), (":authority", "h")], malformed),
    request(
      "8.3.1 no :scheme", [(":method", "GET"), (":path", "/"), (":authority", "h")], malformed),
    request(
      "8.3.1 no :path", [(":method", "GET"), (":scheme", "http"), (":authority", "h")], malformed),
    request("8.3.1 no fields at all", [], malformed),
    request("8.3.1 an empty :path", HeaderText.request("GET", ""), malformed),
    request("8.3.1 an empty :method", HeaderText.request(""), malformed),
    request("8.3.1 an empty :scheme", HeaderText.request(scheme: ""), malformed),
    request("8.3.1 :method with a space", HeaderText.request("GET /x"), malformed),
    request("8.3.1 :method with CR LF", HeaderText.request("GET\r\n"), malformed),
    request("8.3.1 :path without a slash", HeaderText.request("GET", "x"), malformed),
    request("8.3.1 :path of absolute form", HeaderText.request("GET", "http://h/"), malformed),
    request("8.3.1 :path with a space", HeaderText.request("GET", "/ HTTP/1.1"), malformed),
    request("8.3.1 :path with CR LF", HeaderText.request("GET", "/\r\nx: y"), malformed),
    request("8.3.1 :path with NUL", HeaderText.request("GET", "/\u{0}"), malformed),
    request("8.3.1 :path with a fragment", HeaderText.request("GET", "/#a"), bad(.invalidTarget)),
    request(
      "8.3.1 :path beyond ASCII", HeaderText.request("GET", "/\u{C3}"), bad(.invalidTarget)),
    request("8.3.1 * for GET", HeaderText.request("GET", "*"), malformed),
    request(
      "8.3.1 * for OPTIONS", HeaderText.request("OPTIONS", "*"),
      .heard(["1 OPTIONS * host=h none host:h ends"])),
    request("8.3.1 ** for OPTIONS", HeaderText.request("OPTIONS", "**"), malformed),
    request(
      "8.3.1 a path with a query", HeaderText.request("GET", "/a?b=c?d"),
      .heard(["1 GET /a?b=c?d host=h none host:h ends"])),
    request(
      "8.3.1 a method nobody knows", HeaderText.request("BREW"),
      .heard(["1 BREW / host=h none host:h ends"])),
    request(
      "8.3.1 https", HeaderText.request(scheme: "https"), heard("")),
    request("8.3.1 another scheme", HeaderText.request(scheme: "ftp"), bad(.invalidTarget)),
    request("8.3.1 neither :authority nor host", HeaderText.request(authority: nil), malformed),
    request(
      "8.3.1 host alone", HeaderText.request(authority: nil, [("x", "y"), ("host", "i:1")]),
      .heard(["1 GET / host=i:1 none x:y host:i:1 ends"])),
    with("8.3.1 host that says the same", [("host", "H")], heard("")),
    with("8.3.1 host that says another", [("host", "i")], bad(.duplicateHost)),
    with("8.3.1 host that is empty", [("host", "")], malformed),
    with("8.3.1 host twice", [("host", "h"), ("host", "h")], malformed),
    request(
      "8.3.1 :authority with user information", HeaderText.request(authority: "u@h"),
      bad(.invalidHost)),
    request(
      "8.3.1 :authority with a path", HeaderText.request(authority: "h/x"), malformed),
    request(
      "8.3.1 :authority with a comma", HeaderText.request(authority: "a,b"), bad(.invalidHost)),
    request(
      "8.3.1 an empty :authority", HeaderText.request(authority: ""), malformed),
    request(
      "8.3.1 an empty :authority and a host", HeaderText.request(authority: "", [("host", "h")]),
      malformed),
    request(
      "8.3.1 :authority with CR LF", HeaderText.request(authority: "h\r\nx: y"), malformed),
    request(
      "8.3.1 an address and a port", HeaderText.request(authority: "[::1]:80"),
      .heard(["1 GET / host=[::1]:80 none host:[::1]:80 ends"])),
    request(
      "8.5 CONNECT", [(":method", "CONNECT"), (":authority", "h:80")],
      bad(.connectNotSupported)),
    request("8.5 CONNECT with a path", HeaderText.request("CONNECT"), malformed),
    request(
      "RFC 8441 :protocol",
      HeaderText.request("CONNECT") + [(":protocol", "websocket")], malformed),
    with("an expectation of another kind", [("expect", "x")], bad(.unsupportedExpectation)),
    with(
      "an expectation without a body", [("expect", "100-continue")], heard(" expect:100-continue")),
  ])
  func `a request is taken, answered or reset as RFC 9113 says`(row: ConformanceRow) {
    row.check { SessionSide(.server) }
  }

  private static func post(_ fields: [(String, String)], _ rest: [RawFrame]) -> [RawFrame] {
    [.headers(1, HeaderText.request("POST", "/", fields), ends: false)] + rest
  }

  private static let post5 = "1 POST / host=h length(5) host:h content-length:5"

  @Test(arguments: [
    ConformanceRow(
      "8.1.1 a body of its length",
      post([("content-length", "5")], [.data(1, "abcde", ends: true)]),
      .heard([post5, "1 end", "1 abcde"])),
    ConformanceRow(
      "8.1.1 a body in two frames and an empty one",
      post(
        [("content-length", "5")],
        [.data(1, "ab"), .data(1, "cde"), .data(1, "", ends: true)]),
      .heard([post5, "1 end", "1 abcde"])),
    ConformanceRow(
      "8.1.1 a shorter body", post([("content-length", "5")], [.data(1, "abcd", ends: true)]),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 a longer body", post([("content-length", "5")], [.data(1, "abcdef")]),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 a shorter body before trailers",
      post([("content-length", "5")], [.data(1, "abcd"), .headers(1, [("x", "y")])]),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 a length and no body",
      [.headers(1, HeaderText.request("POST", "/", [("content-length", "5")]))],
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 the length 0 and no body",
      [.headers(1, HeaderText.request("POST", "/", [("content-length", "0")]))],
      .heard(["1 POST / host=h length(0) host:h content-length:0 ends"])),
    ConformanceRow(
      "8.1.1 two lengths that agree", post([("content-length", "5"), ("content-length", "5")], []),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 two lengths that differ",
      post([("content-length", "5"), ("content-length", "6")], []),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 a list of lengths", post([("content-length", "5, 5")], []),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 a signed length", post([("content-length", "+5")], []), .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 an empty length", post([("content-length", "")], []), .stream(1, .protocolError)),
    ConformanceRow(
      "8.1.1 a length beyond all numbers",
      post([("content-length", "99999999999999999999")], []), .stream(1, .protocolError)),
    ConformanceRow(
      "8.1 a body of unknown length, continued",
      post([("expect", "100-continue")], [.data(1, "a", ends: true)]),
      .heard(["1 POST / host=h chunked continue host:h expect:100-continue", "1 end", "1 a"])),
    ConformanceRow(
      "8.1 trailers", post([], [.data(1, "a"), .headers(1, [("x", "y"), ("z", "")])]),
      .heard(["1 POST / host=h chunked host:h", "1 trailers x: y|z: |", "1 end", "1 a"])),
    ConformanceRow(
      "8.1 trailers without a body", post([], [.headers(1, [("x", "y")])]),
      .heard(["1 POST / host=h chunked host:h", "1 trailers x: y|", "1 end"])),
    ConformanceRow(
      "8.1 a pseudo-field in trailers", post([], [.headers(1, [(":method", "GET")])]),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1 an upper-case name in trailers", post([], [.headers(1, [("X", "y")])]),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1 transfer-encoding in trailers", post([], [.headers(1, [("transfer-encoding", "x")])]),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1 CR LF in trailers", post([], [.headers(1, [("x", "a\r\nb: c")])]),
      .stream(1, .protocolError)),
    ConformanceRow(
      "8.1 DATA after trailers", post([], [.headers(1, [("x", "y")]), .data(1, "a")]),
      .connection(.streamClosed)),
    ConformanceRow(
      "8.1 trailers twice", post([], [.headers(1, [("x", "y")]), .headers(1, [("x", "y")])]),
      .connection(.streamClosed)),
    ConformanceRow(
      "of a bad head nothing more is heard",
      [
        .headers(1, HeaderText.request("POST", authority: "a,b"), ends: false), .data(1, "a"),
        .headers(1, [("x", "y")]),
      ], .heard(["1 bad invalidHost"])),
  ])
  func `a body and its trailers are taken or refused as RFC 9113 says`(row: ConformanceRow) {
    row.check { SessionSide(.server) }
  }
}
