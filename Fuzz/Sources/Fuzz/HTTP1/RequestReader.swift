internal import Vocabulary
internal import Wire

/// Reads a client's heads; each is also read the slow way, and written anew as it would be to an
/// engine.
struct RequestReader: HeadReader, ~Copyable {
  private var parser: HTTP1RequestParser
  private var head = RequestHead()
  private var kept = ByteBuffer()
  private var memo = HeadMemo()
  private let limits: HTTP1Limits

  init(limits: HTTP1Limits) {
    self.limits = limits
    parser = HTTP1RequestParser(limits: limits)
  }

  var framing: BodyFraming { head.framing }

  mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Int? {
    let length = try parser.parse(bytes, into: &head, keeping: &kept, memo: &memo)
    if let length { precondition(kept.bytes.elementsEqual(bytes[..<length]), "other bytes kept") }
    return length
  }

  func describe(_ bytes: UnsafeRawBufferPointer) -> String {
    let model = HeadModel(bytes)
    model.check(head.fields, framing: head.framing, limits, bytes)
    precondition(head.framing == model.framing ?? .none, "another end of the body")
    precondition(head.keepsAlive == model.keepsAlive(isHTTP10: head.isHTTP10))
    checkTarget(model, bytes)
    if !head.isHTTP10 { checkWrittenAnew(bytes) }
    let host = head.host.map { text($0, bytes) } ?? "-"
    return "\(head.method) \(text(head.methodName, bytes)) \(text(head.path, bytes))"
      + "?\(text(head.query, bytes)) \(head.isHTTP10) \(host) \(head.framing) \(head.keepsAlive)"
      + " \(head.expectsContinue)" + HeadModel.describe(head.fields, bytes)
  }

  /// Method, target and version are the whole start line, with one space between them.
  private func checkTarget(_ model: HeadModel, _ bytes: UnsafeRawBufferPointer) {
    let version = head.isHTTP10 ? "HTTP/1.0" : "HTTP/1.1"
    let line = Array(head.methodName.of(bytes)) + [0x20] + Array(head.target.of(bytes)) + [0x20]
    precondition(line + Array(version.utf8) == model.startLine, "another start line")
    precondition(head.target.of(bytes).allSatisfy { $0 > 0x20 && $0 < 0x7F })
    precondition(!head.path.of(bytes).contains(UInt8(ascii: "?")))
    precondition(head.isHTTP10 || model.values(of: "host").count == 1, "no host, or two")
  }

  /// What the router sends on is a head too, and says the same.
  private func checkWrittenAnew(_ bytes: UnsafeRawBufferPointer) {
    var buffer = ByteBuffer()
    buffer.appendRequestLine(
      method: head.methodName.of(bytes), path: head.path.of(bytes), query: head.query.of(bytes))
    for index in 0..<head.fields.count {
      buffer.appendField(copying: head.fields[index], from: bytes)
    }
    buffer.appendHeadEnd()
    let copy = ExactBytes(buffer.bytes)
    var again = RequestHead()
    var parser = HTTP1RequestParser()
    do {
      let length = try parser.parse(copy.raw, into: &again)
      precondition(length == copy.raw.count, "a head written anew ends elsewhere")
    } catch {
      preconditionFailure("a head written anew is refused: \(error)")
    }
    precondition(again.method == head.method && again.framing == head.framing)
    precondition(again.keepsAlive == head.keepsAlive)
    precondition(again.expectsContinue == head.expectsContinue)
    precondition(again.query.of(copy.raw).elementsEqual(head.query.of(bytes)))
    precondition(
      HeadModel.describe(again.fields, copy.raw) == HeadModel.describe(head.fields, bytes))
  }

  private func text(_ range: ByteRange, _ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: range.of(bytes), as: UTF8.self)
  }
}
