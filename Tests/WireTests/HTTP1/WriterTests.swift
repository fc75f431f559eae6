import Testing
import Vocabulary
import Wire

struct WriterTests {
  private func string(_ buffer: borrowing ByteBuffer) -> String {
    String(decoding: buffer.bytes, as: UTF8.self)
  }

  @Test func `a request is written part by part`() {
    var buffer = ByteBuffer()
    "POST".withBytes { method in
      "/v1/x".withBytes { path in
        "a=b".withBytes { buffer.appendRequestLine(method: method, path: path, query: $0) }
      }
    }
    buffer.appendField(name: "Host", value: "h:80")
    buffer.appendField(name: "Content-Length", value: 42)
    let identity = String(7)
    buffer.appendField(name: "X-Request-Id", value: "r-\(identity)")
    "v w".withBytes { buffer.appendField(name: "X-Raw", value: $0) }
    buffer.appendHeadEnd()
    #expect(
      string(buffer)
        == "POST /v1/x?a=b HTTP/1.1\r\nHost: h:80\r\nContent-Length: 42\r\nX-Request-Id: r-7\r\n"
        + "X-Raw: v w\r\n\r\n")
  }

  @Test func `an empty path is written as a slash and an empty query not at all`() {
    var buffer = ByteBuffer()
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    "GET".withBytes { buffer.appendRequestLine(method: $0, path: none, query: none) }
    #expect(string(buffer) == "GET / HTTP/1.1\r\n")
  }

  @Test(arguments: [
    (200, "HTTP/1.1 200 OK\r\n"), (100, "HTTP/1.1 100 Continue\r\n"),
    (304, "HTTP/1.1 304 Not Modified\r\n"),
    (431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"),
    (429, "HTTP/1.1 429 Too Many Requests\r\n"), (503, "HTTP/1.1 503 Service Unavailable\r\n"),
    (299, "HTTP/1.1 299 \r\n"), (799, "HTTP/1.1 799 \r\n"),
  ])
  func `a status line carries the standard phrase`(status: Int, line: String) {
    var buffer = ByteBuffer()
    buffer.appendStatusLine(status)
    #expect(string(buffer) == line)
  }

  @Test func `a parsed field is written in its own spelling with one space`() throws {
    let bytes = latin1(
      "GET / HTTP/1.1\r\nhOST:h\r\nX-A: \t b c \r\nPlain: as it is\r\nTail: x \r\nTab:\tv\r\n"
        + "Empty:\r\nBlank: \r\nWide:  w\r\nLast: l\r\n\r\n")
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    _ = try bytes.withUnsafeBytes { try parser.parse($0, into: &head) }
    var buffer = ByteBuffer()
    for index in 0..<head.fields.count {
      let field = head.fields[index]
      bytes.withUnsafeBytes { buffer.appendField(copying: field, from: $0) }
    }
    #expect(
      string(buffer)
        == "hOST: h\r\nX-A: b c\r\nPlain: as it is\r\nTail: x\r\nTab: v\r\nEmpty: \r\nBlank: \r\n"
        + "Wide: w\r\nLast: l\r\n")
  }

  @Test func `what is written in chunks is read back`() throws {
    var buffer = ByteBuffer()
    for size in [1, 9, 10, 16, 255, 4096] {
      buffer.appendChunkHead(size: size)
      buffer.append(String(repeating: "x", count: size))
      buffer.appendChunkEnd()
    }
    buffer.appendLastChunk()
    var decoder = HTTP1BodyDecoder(framing: .chunked)
    var offset = 0
    var total = 0
    while case .data(let range) = try decoder.next(buffer.bytes, &offset) { total += range.count }
    #expect(total == 1 + 9 + 10 + 16 + 255 + 4096)
    #expect(decoder.isComplete)
    #expect(offset == buffer.count)
  }

  @Test(arguments: [
    ("a b\t\u{E4}", true), ("", true), ("a\r\nB: c", false), ("a\n", false), ("\u{0}", false),
    ("1234567\u{7F}", false), ("12345678\u{1F}", false),
  ])
  func `text that could end a line is told from text that cannot`(text: String, isValid: Bool) {
    #expect(latin1(text).withUnsafeBytes { FieldText.isValid($0) } == isValid)
  }

  @Test func `every error has a status for clients and a message`() {
    for error in WireError.allCases {
      #expect([400, 414, 417, 431, 501, 505].contains(error.status))
      #expect(error.message.utf8CodeUnitCount > 10)
    }
    #expect(WireError.startLineTooLong.status == 414)
    #expect(WireError.headTooLarge.status == 431)
    #expect(WireError.unsupportedExpectation.status == 417)
    #expect(WireError.unsupportedTransferEncoding.status == 501)
    #expect(WireError.unsupportedVersion.status == 505)
    #expect(WireError.invalidTransferEncoding.status == 400)
  }

  @Test func `the C libraries say their names and versions`() {
    let names = WireLibraries.descriptions
    #expect(names.count == 2)
    #expect(names[0].hasPrefix("nghttp2 1."))
    #expect(names[1].hasPrefix("OpenSSL 3."))
  }
}

extension String {
  fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    var copy = self
    copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}
