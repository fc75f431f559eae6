internal import Vocabulary
internal import Wire

/// Reads an engine's heads; each is also read the slow way.
struct ResponseReader: HeadReader, ~Copyable {
  private var parser: HTTP1ResponseParser
  private var head = ResponseHead()
  private var kept = ByteBuffer()
  private var memo = HeadMemo()
  private let limits: HTTP1Limits
  private let method: HTTPMethod

  init(limits: HTTP1Limits, method: HTTPMethod) {
    self.limits = limits
    self.method = method
    parser = HTTP1ResponseParser(limits: limits, requestMethod: method)
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
    precondition((100...999).contains(head.status) && head.status != 101)
    let version = head.isHTTP10 ? "HTTP/1.0 " : "HTTP/1.1 "
    precondition(model.startLine.starts(with: Array((version + "\(head.status)").utf8)))
    let reason = head.reason.of(bytes)
    precondition(model.startLine.suffix(reason.count).elementsEqual(reason))
    let hasNoBody = head.isInterim || [204, 304].contains(head.status) || method == .head
    precondition(head.framing == (hasNoBody ? .none : model.framing ?? .untilClose))
    // A connection is used again only where the end of this answer is beyond doubt.
    precondition(!head.keepsAlive || model.keepsAlive(isHTTP10: head.isHTTP10))
    precondition(!head.keepsAlive || head.framing != .untilClose)
    return "\(head.status) \(head.isHTTP10) \(head.framing) \(head.keepsAlive)"
      + HeadModel.describe(head.fields, bytes)
  }
}
