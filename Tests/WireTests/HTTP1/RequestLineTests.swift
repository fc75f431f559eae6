import Testing
import Wire

private func line(_ text: String, _ error: WireError) -> HeadRow {
  HeadRow("\(text)\r\nHost: h\r\n\r\n", error)
}

private func line(_ text: String, _ outcome: String) -> HeadRow {
  HeadRow("\(text)\r\nHost: h\r\n\r\n", outcome)
}

private let accepted: [HeadRow] = [
  line("GET / HTTP/1.1", "GET / host=h none keep"),
  line("HEAD / HTTP/1.1", "HEAD / host=h none keep"),
  line("POST /v1/chat/completions HTTP/1.1", "POST /v1/chat/completions host=h none keep"),
  line("PUT /a HTTP/1.1", "PUT /a host=h none keep"),
  line("DELETE /a HTTP/1.1", "DELETE /a host=h none keep"),
  line("PATCH /a HTTP/1.1", "PATCH /a host=h none keep"),
  line("OPTIONS /a HTTP/1.1", "OPTIONS /a host=h none keep"),
  line("TRACE /a HTTP/1.1", "TRACE /a host=h none keep"),
  line("M-SEARCH /a HTTP/1.1", "M-SEARCH /a host=h none keep"),
  line("get / HTTP/1.1", "get / host=h none keep"),
  line("X / HTTP/1.1", "X / host=h none keep"),
  line("A!#$%&'*+-.^_`|~9 / HTTP/1.1", "A!#$%&'*+-.^_`|~9 / host=h none keep"),
  line("GET /a?b=c&d HTTP/1.1", "GET /a ?b=c&d host=h none keep"),
  line("GET /a?b?c HTTP/1.1", "GET /a ?b?c host=h none keep"),
  line("GET /a? HTTP/1.1", "GET /a host=h none keep"),
  line("GET /? HTTP/1.1", "GET / host=h none keep"),
  line("GET /%00%2f|{}\\^\"<>` HTTP/1.1", "GET /%00%2f|{}\\^\"<>` host=h none keep"),
  line("GET //x HTTP/1.1", "GET //x host=h none keep"),
  line("OPTIONS * HTTP/1.1", "OPTIONS * host=h none keep"),
  line("GET http://a.b/c?d HTTP/1.1", "GET /c ?d host=a.b none keep"),
  line("GET HTTPS://a.b:8443/c HTTP/1.1", "GET /c host=a.b:8443 none keep"),
  line("GET http://a.b HTTP/1.1", "GET  host=a.b none keep"),
  line("GET http://a.b?q HTTP/1.1", "GET  ?q host=a.b none keep"),
  line("GET http://[::1]:80/ HTTP/1.1", "GET / host=[::1]:80 none keep"),
  HeadRow("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 none close"),
  HeadRow("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / host=h none keep"),
  HeadRow(
    "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\n", "GET / host=h none keep then 17"),
  HeadRow("", "incomplete"),
  HeadRow("\r", "incomplete"),
  HeadRow("\r\n", "incomplete"),
  HeadRow("GET / HTTP/1.1\r\nHost: h\r\n", "incomplete"),
  HeadRow("GET / HTTP/1.1\r\nHost: h\r\n\r", "incomplete"),
]

private let refused: [HeadRow] = [
  HeadRow("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .invalidRequestLine),
  HeadRow("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .bareLineFeed),
  HeadRow("\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", .bareCarriageReturn),
  line(" GET / HTTP/1.1", .invalidRequestLine),
  line("GET", .invalidRequestLine),
  line("GET /", .invalidRequestLine),
  line("GET  HTTP/1.1", .invalidRequestLine),
  line("GET  / HTTP/1.1", .invalidRequestLine),
  line("GET /  HTTP/1.1", .invalidRequestLine),
  line("GET / a HTTP/1.1", .invalidRequestLine),
  line("GET / HTTP/1.1 ", .invalidVersion),
  line("GET / HTTP/1.1 x", .invalidVersion),
  line("GET\t/ HTTP/1.1", .invalidRequestLine),
  line("GET /\tHTTP/1.1", .invalidRequestLine),
  line("GET /\t HTTP/1.1", .invalidTarget),
  line("GE(T / HTTP/1.1", .invalidMethod),
  line("GET@ / HTTP/1.1", .invalidMethod),
  line("G\u{E4}T / HTTP/1.1", .invalidMethod),
  line("{\"a\":1} / HTTP/1.1", .invalidMethod),
  line("GET / http/1.1", .invalidVersion),
  line("GET / HTTP/1", .invalidVersion),
  line("GET / HTTP/1.10", .invalidVersion),
  line("GET / HTTP/1,1", .invalidVersion),
  line("GET / HTTP/a.b", .invalidVersion),
  line("GET / HTTPS/1.1", .invalidVersion),
  line("GET / XTTP/1.1", .invalidVersion),
  line("GET / HTTP/0.9", .unsupportedVersion),
  line("GET / HTTP/1.2", .unsupportedVersion),
  line("GET / HTTP/2.0", .unsupportedVersion),
  line("GET / HTTP/3.0", .unsupportedVersion),
  line("GET /\u{E4} HTTP/1.1", .invalidTarget),
  line("GET /a#b HTTP/1.1", .invalidTarget),
  line("GET /\u{7F} HTTP/1.1", .controlCharacter),
  line("GET /\u{0} HTTP/1.1", .controlCharacter),
  line("GET /\u{1} HTTP/1.1", .controlCharacter),
  line("GET /\u{B} HTTP/1.1", .controlCharacter),
  line("GET /\u{1B}[0m HTTP/1.1", .controlCharacter),
  line("GET /\rX HTTP/1.1", .bareCarriageReturn),
  line("GET / HTTP/1.1\r", .bareCarriageReturn),
  HeadRow("GET / HTTP/1.1\nHost: h\n\n", .bareLineFeed),
  line("GET * HTTP/1.1", .invalidTarget),
  line("OPTIONS *a HTTP/1.1", .invalidTarget),
  line("GET a.b:80 HTTP/1.1", .invalidTarget),
  line("GET example HTTP/1.1", .invalidTarget),
  line("GET ?a HTTP/1.1", .invalidTarget),
  line("GET ftp://a/ HTTP/1.1", .invalidTarget),
  line("GET http:/a HTTP/1.1", .invalidTarget),
  line("GET http:// HTTP/1.1", .invalidTarget),
  line("GET http:///a HTTP/1.1", .invalidHost),
  line("GET http://u@a/ HTTP/1.1", .invalidHost),
  line("GET http://a:99999/ HTTP/1.1", .invalidHost),
  line("GET http://[::1/ HTTP/1.1", .invalidHost),
  line("CONNECT a.b:443 HTTP/1.1", .connectNotSupported),
  line("CONNECT / HTTP/1.1", .connectNotSupported),
  HeadRow("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
  HeadRow("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", .controlCharacter),
]

struct RequestLineTests {
  @Test(arguments: accepted)
  func `a request line within the rules is read the same however it is cut`(row: HeadRow) {
    for prefixes in cuts(row.bytes.count) {
      #expect(requestOutcome(row.bytes, prefixes: prefixes) == row.outcome, "\(prefixes.prefix(3))")
    }
  }

  @Test(arguments: refused)
  func `a request line against the rules is refused the same however it is cut`(row: HeadRow) {
    for prefixes in cuts(row.bytes.count) {
      #expect(requestOutcome(row.bytes, prefixes: prefixes) == row.outcome, "\(prefixes.prefix(3))")
    }
  }

  @Test func `each known method is told from every other`() throws {
    let names: [(String, HTTPMethod)] = [
      ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
      ("PATCH", .patch), ("OPTIONS", .options), ("TRACE", .trace), ("get", .other),
      ("GETS", .other), ("G", .other), ("PROPFIND", .other),
    ]
    for (name, method) in names {
      let bytes = latin1("\(name) / HTTP/1.1\r\nHost: h\r\n\r\n")
      var parser = HTTP1RequestParser()
      var head = RequestHead()
      _ = try bytes.withUnsafeBytes { (base) throws(WireError) in
        try parser.parse(base, into: &head)
      }
      #expect(head.method == method)
      #expect(text(head.target, bytes) == "/")
    }
  }
}
