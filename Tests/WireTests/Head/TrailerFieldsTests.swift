import Testing
import Vocabulary
import Wire

struct TrailerFieldsTests {
  private func passed(_ section: String) -> String {
    var target = ByteBuffer()
    Array(section.utf8).withUnsafeBytes { TrailerFields.append($0, to: &target) }
    return String(decoding: target.bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("grpc-status: 0\r\n\r\n", "grpc-status: 0\r\n"),
    ("grpc-status:0\r\nGrpc-Message:  ok \t\r\n", "grpc-status: 0\r\nGrpc-Message: ok\r\n"),
    ("x:\r\n", "x: \r\n"), ("", ""), ("\r\n", ""), ("x: a:b\r\n", "x: a:b\r\n"),
    ("x: 1", "x: 1\r\n"),
    ("server-timing: db;dur=5\r\netag: \"a\"\r\n", "server-timing: db;dur=5\r\netag: \"a\"\r\n"),
  ])
  func `fields that may follow a body are passed on, each as one line`(
    section: String, expected: String
  ) {
    #expect(passed(section) == expected)
  }

  @Test(arguments: [
    "Content-Length: 5", "transfer-encoding: chunked", "HOST: h", "connection: close",
    "keep-alive: 1", "te: trailers", "trailer: x", "upgrade: h2c", "content-type: text/plain",
    "content-encoding: gzip", "content-range: bytes 0-1/2", "authorization: Bearer t",
    "set-cookie: a=b", "cookie: a=b", "cache-control: no-store", "date: now", "location: /",
    "retry-after: 1", "vary: *", "expires: 0", "age: 1", "if-match: *", "range: bytes=0-",
    "expect: 100-continue", "proxy-connection: x", "X-Request-Id: mine", "max-forwards: 1",
    "www-authenticate: Basic", "HTTP2-Settings: AA", ":status: 200", "no colon", "a b: c",
    "x: a\u{0}b", "x: a\rb",
  ])
  func `what frames, routes or authenticates a message, and what is no field, is left out`(
    line: String
  ) {
    #expect(passed("a: 1\r\n\(line)\r\nb: 2\r\n") == "a: 1\r\nb: 2\r\n")
  }

  @Test(arguments: [
    "3\r\nabc\r\n0\r\nGrpc-Status: 0\r\nx: y\r\n\r\nrest", "0\r\nx: y\r\n\r\n", "0\r\n\r\nrest",
    "3\r\nabc\r\n0\r\n\r\n",
  ])
  func `a decoder shows trailers however its bytes are cut, and nothing else`(text: String) {
    let bytes = Array(text.utf8)
    let expected =
      text.contains("Grpc") ? "Grpc-Status: 0\r\nx: y\r\n" : text.contains("x:") ? "x: y\r\n" : ""
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var section = ByteBuffer()
        var decoder = HTTP1BodyDecoder(framing: .chunked)
        for piece in [bytes[..<first], bytes[first..<second], bytes[second...]] {
          Array(piece).withUnsafeBytes { decode($0, &decoder, &section) }
        }
        var lines = ByteBuffer()
        TrailerFields.append(section.bytes, to: &lines)
        #expect(String(decoding: lines.bytes, as: UTF8.self) == expected)
        #expect(decoder.isComplete)
      }
    }
  }

  private func decode(
    _ bytes: UnsafeRawBufferPointer, _ decoder: inout HTTP1BodyDecoder,
    _ section: inout ByteBuffer
  ) {
    var offset = 0
    while !decoder.isComplete, offset < bytes.count {
      let event = try? decoder.next(bytes, &offset)
      section.append(UnsafeRawBufferPointer(rebasing: bytes[decoder.trailerRange]))
      guard case .data = event else { return }
      #expect(decoder.trailerRange.isEmpty)
    }
  }
}
