import Testing
import Wire

/// One row of a head table: bytes, and in words what comes of them.
///
/// The words are `error <case>`, `incomplete`, or a description of the head and its length when
/// bytes follow it. Text stands for bytes as Latin-1, so `\u{80}` is the byte 0x80.
struct HeadRow: Sendable, CustomTestStringConvertible {
  let bytes: [UInt8]
  let outcome: String

  init(_ text: String, _ outcome: String) {
    bytes = latin1(text)
    self.outcome = outcome
  }

  init(_ text: String, _ error: WireError) {
    self.init(text, "error \(error)")
  }

  var testDescription: String {
    String(String(decoding: bytes, as: UTF8.self).prefix(120)).debugDescription
  }
}

func latin1(_ text: String) -> [UInt8] {
  text.unicodeScalars.map { UInt8($0.value) }
}

func text(_ range: ByteRange, _ bytes: [UInt8]) -> String {
  bytes.withUnsafeBytes { base in
    String(String.UnicodeScalarView(range.of(base).map { Unicode.Scalar($0) }))
  }
}

/// Calls `parse` with growing prefixes of `bytes`, each in memory of its own and exactly as long,
/// so that a sanitizer sees any read beyond it.
func feed(
  _ bytes: [UInt8], prefixes: [Int],
  _ parse: (UnsafeRawBufferPointer) throws(WireError) -> Int?
) -> (length: Int?, error: WireError?) {
  for prefix in prefixes {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: prefix, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes[..<prefix])
    do {
      if let length = try parse(UnsafeRawBufferPointer(copy)) { return (length, nil) }
    } catch {
      return (nil, error)
    }
  }
  return (nil, nil)
}

/// The ways to hand `count` bytes to a parser: whole, in two pieces, byte by byte.
func cuts(_ count: Int) -> [[Int]] {
  var ways = [[count], Array(0...count)]
  // Long rows are cut in a few places only.
  let step = max(1, count / 400)
  for cut in stride(from: 0, through: count, by: step) { ways.append([cut, count]) }
  return ways
}

func requestOutcome(
  _ bytes: [UInt8], prefixes: [Int], limits: HTTP1Limits = HTTP1Limits()
) -> String {
  var parser = HTTP1RequestParser(limits: limits)
  var head = RequestHead()
  let result = feed(bytes, prefixes: prefixes) { (piece) throws(WireError) in
    try parser.parse(piece, into: &head)
  }
  if let error = result.error { return "error \(error)" }
  guard let length = result.length else { return "incomplete" }
  var words = [text(head.methodName, bytes), text(head.path, bytes)]
  if !head.query.isEmpty { words.append("?" + text(head.query, bytes)) }
  if let host = head.host { words.append("host=" + text(host, bytes)) }
  if head.isHTTP10 { words.append("1.0") }
  words.append(describe(head.framing))
  words.append(head.keepsAlive ? "keep" : "close")
  if head.expectsContinue { words.append("continue") }
  if length < bytes.count { words.append("then \(bytes.count - length)") }
  return words.joined(separator: " ")
}

func responseOutcome(
  _ bytes: [UInt8], prefixes: [Int], limits: HTTP1Limits = HTTP1Limits(),
  method: HTTPMethod = .get
) -> String {
  var parser = HTTP1ResponseParser(limits: limits, requestMethod: method)
  var head = ResponseHead()
  let result = feed(bytes, prefixes: prefixes) { (piece) throws(WireError) in
    try parser.parse(piece, into: &head)
  }
  if let error = result.error { return "error \(error)" }
  guard let length = result.length else { return "incomplete" }
  var words = ["\(head.status)"]
  if !head.reason.isEmpty { words.append(text(head.reason, bytes)) }
  if head.isHTTP10 { words.append("1.0") }
  words.append(describe(head.framing))
  words.append(head.keepsAlive ? "keep" : "close")
  if length < bytes.count { words.append("then \(bytes.count - length)") }
  return words.joined(separator: " ")
}

private func describe(_ framing: BodyFraming) -> String {
  switch framing {
  case .none: "none"
  case .length(let length): "length(\(length))"
  case .chunked: "chunked"
  case .untilClose: "untilClose"
  }
}
