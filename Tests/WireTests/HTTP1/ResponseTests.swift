import Testing
import Wire

private func ok(_ fields: String, _ outcome: String) -> HeadRow {
  HeadRow("HTTP/1.1 200 OK\r\n\(fields)\r\n", "200 OK \(outcome)")
}

private func ok(_ fields: String, _ error: WireError) -> HeadRow {
  HeadRow("HTTP/1.1 200 OK\r\n\(fields)\r\n", error)
}

private let lines: [HeadRow] = [
  HeadRow("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK length(0) keep"),
  HeadRow("HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n", "200 length(1) keep"),
  HeadRow("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", "200 length(1) keep"),
  HeadRow("HTTP/1.1 404 Not  Found!\r\n\r\n", "404 Not  Found! untilClose close"),
  HeadRow("HTTP/1.1 299 \u{E4}\t\u{FF}\r\n\r\n", "299 \u{E4}\t\u{FF} untilClose close"),
  HeadRow("HTTP/1.1 999 X\r\n\r\n", "999 X untilClose close"),
  HeadRow("HTTP/1.0 200 OK\r\n\r\n", "200 OK 1.0 untilClose close"),
  HeadRow("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", "200 OK 1.0 length(2) close then 2"),
  HeadRow(
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n",
    "200 OK 1.0 length(2) keep"),
  HeadRow("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1", "100 Continue none keep then 8"),
  HeadRow("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", "103 Early Hints none keep"),
  HeadRow("HTTP/1.1 103 E\r\nContent-Length: 3\r\n\r\n", "103 E none close"),
  HeadRow("HTTP/1.1 204 No Content\r\n\r\n", "204 No Content none keep"),
  HeadRow("HTTP/1.1 204 N\r\nContent-Length: 0\r\n\r\n", "204 N none keep"),
  HeadRow("HTTP/1.1 204 N\r\nContent-Length: 1\r\n\r\n", "204 N none close"),
  HeadRow("HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n", "204 N none close"),
  HeadRow("HTTP/1.1 304 N\r\nContent-Length: 100\r\n\r\n", "304 N none keep"),
  HeadRow("HTTP/1.1 205 R\r\nContent-Length: 0\r\n\r\n", "205 R length(0) keep"),
  HeadRow("HTTP/1.1 20", "incomplete"),
  HeadRow("HTTP/1.1 101 Switching Protocols\r\n\r\n", .unexpectedUpgrade),
  HeadRow("HTTP/1.1 099 X\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1 20 OK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1 2000 OK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1 20x OK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1 +20 OK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1  200 OK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1\t200 OK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1 200\tOK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1 200OK\r\n\r\n", .invalidStatusLine),
  HeadRow("HTTP/1.1\r\n\r\n", .invalidStatusLine),
  HeadRow("\r\nHTTP/1.1 200 OK\r\n\r\n", .invalidStatusLine),
  HeadRow("ICY 200 OK\r\n\r\n", .invalidVersion),
  HeadRow("http/1.1 200 OK\r\n\r\n", .invalidVersion),
  HeadRow("<html>oops</html>\r\n\r\n", .invalidVersion),
  HeadRow("HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
  HeadRow("HTTP/1.1 200 O\u{0}K\r\n\r\n", .controlCharacter),
  HeadRow("HTTP/1.1 200 OK\n\n", .bareLineFeed),
  HeadRow("HTTP/1.1 200 O\rK\r\n\r\n", .bareCarriageReturn),
]

private let framing: [HeadRow] = [
  ok("", "untilClose close"),
  ok("Connection: keep-alive\r\n", "untilClose close"),
  ok("Content-Length: 12\r\n", "length(12) keep"),
  ok("Content-Length: 12\r\nConnection: close\r\n", "length(12) close"),
  ok("Transfer-Encoding: chunked\r\n", "chunked keep"),
  ok("transfer-encoding: Chunked\r\nconnection: x, Close\r\n", "chunked close"),
  ok("Expect: whatever\r\n", "untilClose close"),
  ok("Host: a\r\nHost: b\r\n", .duplicateHost),
  ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", .lengthAndTransferEncoding),
  ok("Content-Length: 5\r\nContent-Length: 5\r\n", .duplicateContentLength),
  ok("Content-Length: 5, 5\r\n", .invalidContentLength),
  ok("Content-Length: -1\r\n", .invalidContentLength),
  ok("Content-Length: 99999999999999999999\r\n", .invalidContentLength),
  ok("Transfer-Encoding: gzip\r\n", .unsupportedTransferEncoding),
  ok("Transfer-Encoding: gzip, chunked\r\n", .unsupportedTransferEncoding),
  ok("Transfer-Encoding: chunked, chunked\r\n", .invalidTransferEncoding),
  ok("Transfer-Encoding:\r\n", .invalidTransferEncoding),
  HeadRow("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
  HeadRow(
    "HTTP/1.1 204 N\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .duplicateContentLength),
  ok("A: b\r\n c\r\n", .lineFolding),
  ok("A : b\r\n", .whitespaceBeforeColon),
  ok("A: b\n", .bareLineFeed),
  ok("A: \u{0}\r\n", .controlCharacter),
  ok("A\r\n", .missingColon),
]

struct ResponseTests {
  @Test(arguments: lines)
  func `a status line is accepted or refused the same however it is cut`(row: HeadRow) {
    check(row)
  }

  @Test(arguments: framing)
  func `the end of an answer is known without doubt or the answer is refused`(row: HeadRow) {
    check(row)
  }

  @Test func `an answer to HEAD has no body whatever its fields announce`() {
    for fields in ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
      let bytes = latin1("HTTP/1.1 200 OK\r\n\(fields)\r\n")
      #expect(
        responseOutcome(bytes, prefixes: [bytes.count], method: .head) == "200 OK none keep")
    }
  }

  @Test func `an interim answer is followed by the final one in the same parser`() throws {
    let bytes = latin1("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    var parser = HTTP1ResponseParser(requestMethod: .post)
    var head = ResponseHead()
    let first = try parse(bytes[...], &parser, &head)
    #expect(first == 25)
    #expect(head.isInterim == true)
    let second = try parse(bytes[25...], &parser, &head)
    #expect(second == bytes.count - 25)
    #expect(head.status == 200)
    #expect(head.framing == .length(2))
  }

  @Test func `a reset parser takes the answer to another method`() throws {
    let bytes = latin1("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    var parser = HTTP1ResponseParser(requestMethod: .head)
    var head = ResponseHead()
    let half = try parse(bytes[..<20], &parser, &head)
    #expect(half == nil)
    parser.reset(requestMethod: .get)
    let whole = try parse(bytes[...], &parser, &head)
    #expect(whole == bytes.count)
    #expect(head.framing == .length(2))
  }

  private func parse(
    _ bytes: ArraySlice<UInt8>, _ parser: inout HTTP1ResponseParser, _ head: inout ResponseHead
  ) throws -> Int? {
    try bytes.withUnsafeBytes { base in try parser.parse(base, into: &head) }
  }

  private func check(_ row: HeadRow) {
    for prefixes in cuts(row.bytes.count) {
      #expect(
        responseOutcome(row.bytes, prefixes: prefixes) == row.outcome, "\(prefixes.prefix(3))")
    }
  }
}
