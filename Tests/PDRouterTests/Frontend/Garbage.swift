/// Bytes that are no acceptable request, and the status each must get.
struct Garbage: Sendable, CustomStringConvertible {
  let name: String
  let bytes: [UInt8]
  let status: Int
  var description: String { name }

  init(_ name: String, _ text: String, _ status: Int = 400) {
    (self.name, bytes, self.status) = (name, Array(text.utf8), status)
  }

  init(_ name: String, bytes: [UInt8], _ status: Int = 400) {
    (self.name, self.bytes, self.status) = (name, bytes, status)
  }

  /// A head whose one bad thing is `lines`.
  private static func head(_ lines: String, method: String = "POST") -> String {
    "\(method) /v1/completions HTTP/1.1\r\nhost: r\r\n\(lines)\r\n\r\n"
  }

  private static func chunked(_ body: String) -> String {
    head("transfer-encoding: chunked") + body
  }

  private static func json(_ body: String, path: String = "/v1/completions") -> String {
    post(path, body)
  }

  /// Start lines and whole streams that are no HTTP.
  static let startLines: [Garbage] = [
    Garbage("words", "hello there\r\n\r\n"),
    Garbage("no spaces", "GET/HTTP/1.1\r\n\r\n"),
    Garbage(
      "TLS hello", bytes: [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + [0x0D, 0x0A, 0x0D, 0x0A]),
    Garbage("almost HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r!", 505),
    Garbage("all NUL", bytes: Array(repeating: 0, count: 32)),
    Garbage("all ones", bytes: Array(repeating: 0xFF, count: 16) + [0x0D, 0x0A, 0x0D, 0x0A]),
    Garbage("bare LF", "GET / HTTP/1.1\nhost: r\n\n"),
    Garbage("bare CR", "GET / HTTP/1.1\rhost: r\r\r"),
    Garbage("CR before method", "\rGET / HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("empty lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
    Garbage("space before method", " GET / HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("bad method", "G(T / HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("two spaces", "GET  / HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("no target", "GET HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("relative target", "GET index HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("fragment", "GET /a#b HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("target with NUL", "GET /\u{0} HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("target with tab", "GET /\ta HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("target in UTF-8", "GET /é HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("asterisk for GET", "GET * HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("user in target", "GET http://me@h/ HTTP/1.1\r\nhost: r\r\n\r\n"),
    Garbage("tunnel", "CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n", 501),
    Garbage("no version", "GET /\r\nhost: r\r\n\r\n"),
    Garbage("version 0.9", "GET / HTTP/0.9\r\nhost: r\r\n\r\n", 505),
    Garbage("version 2.0", "GET / HTTP/2.0\r\nhost: r\r\n\r\n", 505),
    Garbage("lower-case version", "GET / http/1.1\r\nhost: r\r\n\r\n"),
    Garbage("version 1.10", "GET / HTTP/1.10\r\nhost: r\r\n\r\n"),
    Garbage(
      "long target", "GET /" + String(repeating: "a", count: 17_000) + " HTTP/1.1\r\n\r\n", 414),
  ]

  /// Header sections.
  static let fields: [Garbage] = [
    Garbage("no host", "GET / HTTP/1.1\r\n\r\n"),
    Garbage("two hosts", head("host: s")),
    Garbage("bad host", "GET / HTTP/1.1\r\nhost: a b\r\n\r\n"),
    Garbage("host with path", "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n"),
    Garbage("space before colon", head("x : y")),
    Garbage("folded line", head("x: y\r\n z")),
    Garbage("first line folded", "GET / HTTP/1.1\r\n host: r\r\n\r\n"),
    Garbage("no colon", head("nonsense")),
    Garbage("no name", head(": y")),
    Garbage("bad name", head("x(y): z")),
    Garbage("name in UTF-8", head("naïve: z")),
    Garbage("NUL in value", head("x: a\u{0}b")),
    Garbage("escape in value", head("x: \u{1B}[31m")),
    Garbage("DEL in value", head("x: \u{7F}")),
    Garbage("bare LF in value", head("x: a\nhost: evil")),
    Garbage("bare CR in value", head("x: a\rb")),
    Garbage("unknown expectation", head("expect: a-pony\r\ncontent-length: 2"), 417),
    Garbage("bad connection", head("connection: a b")),
    Garbage(
      "too many options",
      head("connection: " + (0..<40).map { "o\($0)" }.joined(separator: ",")), 431),
    Garbage("too many fields", head((0..<200).map { "x\($0): y" }.joined(separator: "\r\n")), 431),
    Garbage("large head", head("x: " + String(repeating: "y", count: 70_000)), 431),
  ]

  /// Lengths, chunks and sizes.
  static let framings: [Garbage] = [
    Garbage("length in words", head("content-length: ten")),
    Garbage("negative length", head("content-length: -1")),
    Garbage("length with sign", head("content-length: +5")),
    Garbage("length list", head("content-length: 5, 5")),
    Garbage("two lengths", head("content-length: 5\r\ncontent-length: 5")),
    Garbage("empty length", head("content-length:")),
    Garbage("hexadecimal length", head("content-length: 0x10")),
    Garbage("huge length", head("content-length: 99999999999999999999999")),
    Garbage("length over the limit", head("content-length: 2001"), 413),
    Garbage("greatest length", head("content-length: 9223372036854775807"), 413),
    Garbage("length and chunks", head("content-length: 5\r\ntransfer-encoding: chunked")),
    Garbage("chunked twice", head("transfer-encoding: chunked, chunked")),
    Garbage("chunked not last", head("transfer-encoding: chunked, gzip")),
    Garbage("gzip then chunked", head("transfer-encoding: gzip, chunked"), 501),
    Garbage("unknown coding", head("transfer-encoding: xchunked"), 501),
    Garbage("empty coding", head("transfer-encoding: ,")),
    Garbage(
      "chunks in 1.0", "POST / HTTP/1.0\r\nhost: r\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    Garbage("chunk size in words", chunked("zz\r\n")),
    Garbage("empty chunk size", chunked("\r\n")),
    Garbage("negative chunk size", chunked("-1\r\n")),
    Garbage("space before chunk size", chunked(" 5\r\nhello\r\n")),
    Garbage("0x chunk size", chunked("0x5\r\nhello\r\n")),
    Garbage("huge chunk size", chunked("FFFFFFFFFFFFFFFFF\r\n")),
    Garbage("chunk without end", chunked("2\r\nhello\r\n")),
    Garbage("chunk with bare LF", chunked("5\nhello\n")),
    Garbage("bad extension", chunked("5;=\r\nhello\r\n")),
    Garbage("bad trailer", chunked("0\r\nx y: z\r\n\r\n")),
    Garbage("folded trailer", chunked("0\r\nx: y\r\n z\r\n\r\n")),
    Garbage(
      "chunks over the limit",
      chunked("7D0\r\n" + String(repeating: "x", count: 2000) + "\r\n1\r\nx\r\n"), 413),
    Garbage(
      "large trailer", chunked("0\r\nx: " + String(repeating: "y", count: 9000) + "\r\n\r\n"), 431),
  ]

  /// Proper HTTP whose body or method is wrong; the connection lives on.
  static let bodies: [Garbage] = [
    Garbage("empty body", json("")),
    Garbage("no body", get("/v1/completions", method: "POST")),
    Garbage("words", json("hello")),
    Garbage("array", json("[1,2]")),
    Garbage("number", json("1")),
    Garbage("null", json("null")),
    Garbage("string", json("\"{}\"")),
    Garbage("unclosed object", json("{\"a\":1")),
    Garbage("unclosed string", json("{\"a\":\"b}")),
    Garbage("trailing comma", json("{\"a\":1,}")),
    Garbage("two documents", json("{} {}")),
    Garbage("single quotes", json("{'a':1}")),
    Garbage("NaN", json("{\"a\":NaN}")),
    Garbage("leading zero", json("{\"a\":01}")),
    Garbage("control character", json("{\"a\":\"\u{1}\"}")),
    Garbage("bad escape", json("{\"a\":\"\\x\"}")),
    Garbage("comment", json("{/**/}")),
    Garbage("only spaces", json("   ")),
    Garbage("deep nesting", json(String(repeating: "{\"a\":", count: 300) + "1")),
    Garbage("deep arrays", json("{\"a\":" + String(repeating: "[", count: 400))),
    Garbage("gzip", json("\u{1F}\u{8B}\u{8}")),
    Garbage("other route", json("[]", path: "/v1/chat/completions")),
    Garbage("wrong method", get("/v1/chat/completions"), 405),
    Garbage("wrong own method", post("/health", "{}"), 405),
    Garbage("unknown method", get("/generate", method: "BREW"), 405),
  ]
}
