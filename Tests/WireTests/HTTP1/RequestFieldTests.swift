import Testing
import Wire

private func fields(_ text: String, _ error: WireError) -> HeadRow {
  HeadRow("POST / HTTP/1.1\r\nHost: h\r\n\(text)\r\n\r\n", error)
}

private func fields(_ text: String, _ outcome: String) -> HeadRow {
  HeadRow("POST / HTTP/1.1\r\nHost: h\r\n\(text)\r\n\r\n", "POST / host=h \(outcome)")
}

private func host(_ value: String, _ error: WireError = .invalidHost) -> HeadRow {
  HeadRow("GET / HTTP/1.1\r\nHost:\(value)\r\n\r\n", error)
}

private func validHost(_ value: String) -> HeadRow {
  HeadRow("GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", "GET / host=\(value) none keep")
}

private let syntax: [HeadRow] = [
  fields("A: b", "none keep"),
  fields("A:b", "none keep"),
  fields("A:", "none keep"),
  fields("A: \t ", "none keep"),
  fields("A:\t b \t", "none keep"),
  fields("A: b\tc", "none keep"),
  fields("A: \u{E4}\u{FF}\u{80}", "none keep"),
  fields("!#$%&'*+-.^_`|~09azAZ: x", "none keep"),
  fields("A: b:c: d", "none keep"),
  fields(" A: b", .lineFolding),
  fields("\tA: b", .lineFolding),
  fields("A: b\r\n c", .lineFolding),
  fields("A: b\r\n\tc", .lineFolding),
  fields("A: b\r\n ", .lineFolding),
  HeadRow("GET / HTTP/1.1\r\n Host: h\r\n\r\n", .lineFolding),
  fields("A : b", .whitespaceBeforeColon),
  fields("A\t: b", .whitespaceBeforeColon),
  fields("Content-Length : 5", .whitespaceBeforeColon),
  fields("A b: c", .whitespaceBeforeColon),
  fields(": b", .emptyFieldName),
  fields("A", .missingColon),
  fields("A\nB: c", .bareLineFeed),
  fields("A: b\nB: c", .bareLineFeed),
  fields("A: b\n", .bareLineFeed),
  fields("A: b\rB: c", .bareCarriageReturn),
  fields("A: b\r\r", .bareCarriageReturn),
  fields("A: b\u{0}c", .controlCharacter),
  fields("A: b\u{1}", .controlCharacter),
  fields("A: \u{B}b", .controlCharacter),
  fields("A: \u{C}b", .controlCharacter),
  fields("A: b\u{1F}", .controlCharacter),
  fields("A: b\u{7F}", .controlCharacter),
  fields("A\u{0}: b", .controlCharacter),
  fields("A\u{1F}: b", .controlCharacter),
  fields("A\u{7F}: b", .invalidFieldName),
  fields("A\u{80}: b", .invalidFieldName),
  fields("\u{E4}: b", .invalidFieldName),
  fields("A(: b", .invalidFieldName),
  fields("A/B: c", .invalidFieldName),
  fields("A\"B\": c", .invalidFieldName),
  fields("[A]: b", .invalidFieldName),
  fields("{A}: b", .invalidFieldName),
  fields("A@: b", .invalidFieldName),
  fields("A,B: c", .invalidFieldName),
  fields("A;B: c", .invalidFieldName),
  fields("A=B: c", .invalidFieldName),
  fields("A?B: c", .invalidFieldName),
  fields("<A>: c", .invalidFieldName),
  fields("A\\B: c", .invalidFieldName),
]

private let framing: [HeadRow] = [
  fields("Content-Length: 0", "length(0) keep"),
  fields("Content-Length: 5", "length(5) keep"),
  fields("content-LENGTH:5 ", "length(5) keep"),
  fields("Content-Length: 007", "length(7) keep"),
  fields("Content-Length: 9223372036854775807", "length(9223372036854775807) keep"),
  fields("Content-Length: 9223372036854775808", .invalidContentLength),
  fields("Content-Length: 18446744073709551621", .invalidContentLength),
  fields("Content-Length: 99999999999999999999999999", .invalidContentLength),
  fields("Content-Length:", .invalidContentLength),
  fields("Content-Length: +5", .invalidContentLength),
  fields("Content-Length: -5", .invalidContentLength),
  fields("Content-Length: 5 5", .invalidContentLength),
  fields("Content-Length: 5,5", .invalidContentLength),
  fields("Content-Length: 5, 5", .invalidContentLength),
  fields("Content-Length: 0x5", .invalidContentLength),
  fields("Content-Length: 5.0", .invalidContentLength),
  fields("Content-Length: 1e3", .invalidContentLength),
  fields("Content-Length: five", .invalidContentLength),
  fields("Content-Length: \"5\"", .invalidContentLength),
  fields("Content-Length: 5\u{B2}", .invalidContentLength),
  fields("Content-Length: 5\r\nContent-Length: 5", .duplicateContentLength),
  fields("Content-Length: 5\r\nContent-Length: 6", .duplicateContentLength),
  fields("Content-Length: 5\r\nX: y\r\ncontent-length: 5", .duplicateContentLength),
  fields("Transfer-Encoding: chunked", "chunked keep"),
  fields("transfer-encoding:CHUNKED", "chunked keep"),
  fields("Transfer-Encoding:  Chunked\t", "chunked keep"),
  fields("Transfer-Encoding: chunked\r\nContent-Length: 5", .lengthAndTransferEncoding),
  fields("Content-Length: 5\r\nTransfer-Encoding: chunked", .lengthAndTransferEncoding),
  fields("Content-Length: 0\r\nTransfer-Encoding: gzip", .lengthAndTransferEncoding),
  fields("Transfer-Encoding: gzip, chunked", .unsupportedTransferEncoding),
  fields("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", .unsupportedTransferEncoding),
  fields("Transfer-Encoding: gzip", .unsupportedTransferEncoding),
  fields("Transfer-Encoding: identity", .unsupportedTransferEncoding),
  fields("Transfer-Encoding: xchunked", .unsupportedTransferEncoding),
  fields("Transfer-Encoding: chunke", .unsupportedTransferEncoding),
  fields("Transfer-Encoding: chunked, gzip", .invalidTransferEncoding),
  fields("Transfer-Encoding: chunked, identity", .invalidTransferEncoding),
  fields("Transfer-Encoding: chunked, chunked", .invalidTransferEncoding),
  fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .invalidTransferEncoding),
  fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", .invalidTransferEncoding),
  fields("Transfer-Encoding:", .invalidTransferEncoding),
  fields("Transfer-Encoding: ,chunked", .invalidTransferEncoding),
  fields("Transfer-Encoding: chunked,", .invalidTransferEncoding),
  fields("Transfer-Encoding: chunked;a=b", .invalidTransferEncoding),
  fields("Transfer-Encoding: \"chunked\"", .invalidTransferEncoding),
  fields("Transfer-Encoding: chunked foo", .invalidTransferEncoding),
  fields("Transfer-Encoding: \u{B}chunked", .controlCharacter),
  fields("Transfer-Encoding: \u{A0}chunked", .invalidTransferEncoding),
  fields("Transfer-Encoding : chunked", .whitespaceBeforeColon),
  fields("Transfer_Encoding: chunked", "none keep"),
  fields("X-Transfer-Encoding: chunked", "none keep"),
  HeadRow(
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
  HeadRow("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "POST / 1.0 length(3) close then 3"),
]

private let connection: [HeadRow] = [
  fields("Connection: close", "none close"),
  fields("Connection: CLOSE", "none close"),
  fields("Connection: keep-alive", "none keep"),
  fields("Connection: Keep-Alive, Upgrade", "none keep"),
  fields("Connection: upgrade,\t close ", "none close"),
  fields("Connection: keep-alive, close", "none close"),
  fields("Connection: close, keep-alive", "none close"),
  fields("Connection: x\r\nConnection: close", "none close"),
  fields("Connection:", "none keep"),
  fields("Connection: , ,close,", "none close"),
  fields("Connection: closed", "none keep"),
  fields("Connection: \"close\"", .invalidConnection),
  fields("Connection: a b", .invalidConnection),
  HeadRow(
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 1.0 none keep"),
  HeadRow(
    "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / 1.0 none close"),
  HeadRow("GET / HTTP/1.0\r\nKeep-Alive: timeout=5\r\n\r\n", "GET / 1.0 none close"),
  fields("Expect: 100-continue", "none keep"),
  fields("Expect: 100-continue\r\nContent-Length: 4", "length(4) keep continue"),
  fields("Content-Length: 4\r\nEXPECT: 100-CONTINUE", "length(4) keep continue"),
  fields("Transfer-Encoding: chunked\r\nExpect: 100-continue", "chunked keep continue"),
  fields("Expect: 200-ok", .unsupportedExpectation),
  fields("Expect:", .unsupportedExpectation),
  fields("Expect: 100-continue, x", .unsupportedExpectation),
  fields("Expect: 100-continue\r\nExpect: x", .unsupportedExpectation),
  HeadRow("POST / HTTP/1.0\r\nExpect: x\r\n\r\n", "POST / 1.0 none close"),
  HeadRow(
    "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
    "POST / 1.0 length(1) close"),
]

private let hosts: [HeadRow] = [
  validHost("a"), validHost("a.b-c_d~e:80"), validHost("127.0.0.1:65535"), validHost("[::1]"),
  validHost("[fe80::1.2.3.4]:8"), validHost("a:"), validHost("a%2Db"), validHost("a!$&'()*+;=b"),
  host(""), host(" "), host(" :80"), host(" a b"), host(" a,b"), host(" a/b"), host(" a?b"),
  host(" a#b"), host(" a@b"), host(" u:p@b"), host(" a:b"), host(" a:-1"), host(" a:65536"),
  host(" a:80:80"), host(" a:99999999999999999999"), host(" [::1"), host(" ::1"), host(" []"),
  host(" [::1]x"), host(" [g::1]"), host(" a%2"), host(" a%zz"), host(" a\\b"), host(" <a>"),
  host(" \"a\""), host(" a\u{E4}"), host(" http://a"), host(" a\u{0}", .controlCharacter),
  HeadRow("GET / HTTP/1.1\r\n\r\n", .missingHost),
  HeadRow("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", .missingHost),
  HeadRow("GET http://a/ HTTP/1.1\r\n\r\n", .missingHost),
  HeadRow("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .duplicateHost),
  HeadRow("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", .duplicateHost),
  HeadRow("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .duplicateHost),
  HeadRow("GET / HTTP/1.0\r\nHost: a/\r\n\r\n", .invalidHost),
  HeadRow("GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET / host=a 1.0 none close"),
]

struct RequestFieldTests {
  @Test(arguments: syntax)
  func `a field line is accepted or refused the same however it is cut`(row: HeadRow) {
    check(row)
  }

  @Test(arguments: framing)
  func `the length of a body is known without doubt or the request is refused`(row: HeadRow) {
    check(row)
  }

  @Test(arguments: connection)
  func `connection and expectation are read from lists in any case`(row: HeadRow) {
    check(row)
  }

  @Test(arguments: hosts)
  func `a request names one host in proper form`(row: HeadRow) {
    check(row)
  }

  private func check(_ row: HeadRow) {
    for prefixes in cuts(row.bytes.count) {
      #expect(requestOutcome(row.bytes, prefixes: prefixes) == row.outcome, "\(prefixes.prefix(3))")
    }
  }
}
