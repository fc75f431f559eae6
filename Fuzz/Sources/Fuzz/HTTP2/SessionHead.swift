internal import Vocabulary
internal import Wire

/// Heads that a session announced, written as HTTP/1.1 and read again: they must be good and say
/// the same, or a request could hide in another one on its way to an engine.
enum SessionHead {
  static func takeRequest(of id: HTTP2StreamID, from session: HTTP2Session) -> String {
    var head = RequestHead()
    var bytes = ByteBuffer()
    session.takeRequestHead(of: id, into: &head, bytes: &bytes)
    let base = bytes.bytes
    var text = ByteBuffer()
    text.appendRequestLine(
      method: head.methodName.of(base), path: head.path.of(base), query: head.query.of(base))
    for place in 0..<head.fields.count { text.appendField(copying: head.fields[place], from: base) }
    text.appendHeadEnd()
    let copy = ExactBytes(text.bytes)
    var again = RequestHead()
    var parser = HTTP1RequestParser(limits: roomy)
    do {
      let length = try parser.parse(copy.raw, into: &again)
      precondition(length == copy.raw.count, "a head ends elsewhere in HTTP/1.1")
    } catch {
      preconditionFailure("a head is refused in HTTP/1.1: \(error)")
    }
    precondition(again.method == head.method)
    // A body of unknown length has no field of its own in HTTP/2.
    let isSame = head.framing == again.framing && again.expectsContinue == head.expectsContinue
    precondition(isSame || (head.framing == .chunked && again.framing == .none))
    guard let host = head.host, let hostAgain = again.host else { preconditionFailure("no host") }
    precondition(host.of(base).elementsEqual(hostAgain.of(copy.raw)), "another host")
    precondition(head.query.of(base).elementsEqual(again.query.of(copy.raw)))
    let fields = HeadModel.describe(head.fields, base)
    precondition(HeadModel.describe(again.fields, copy.raw) == fields, "other fields in HTTP/1.1")
    let line = String(decoding: copy.raw.prefix { $0 != 0x0D }, as: UTF8.self)
    return "\(line) \(head.framing)\(fields)"
  }

  static func takeResponse(of id: HTTP2StreamID, from session: HTTP2Session) -> String {
    var head = ResponseHead()
    var bytes = ByteBuffer()
    session.takeResponseHead(of: id, into: &head, bytes: &bytes)
    var text = ByteBuffer()
    text.appendStatusLine(head.status)
    for place in 0..<head.fields.count {
      text.appendField(copying: head.fields[place], from: bytes.bytes)
    }
    text.appendHeadEnd()
    let copy = ExactBytes(text.bytes)
    var again = ResponseHead()
    var parser = HTTP1ResponseParser(limits: roomy)
    do {
      let length = try parser.parse(copy.raw, into: &again)
      precondition(length == copy.raw.count, "a head ends elsewhere in HTTP/1.1")
    } catch {
      preconditionFailure("a head is refused in HTTP/1.1: \(error)")
    }
    let fields = HeadModel.describe(head.fields, bytes.bytes)
    precondition(HeadModel.describe(again.fields, copy.raw) == fields, "other fields in HTTP/1.1")
    return "\(head.status) \(head.framing)\(fields)"
  }

  static func takeTrailers(of id: HTTP2StreamID, from session: HTTP2Session) -> String {
    var lines = ByteBuffer()
    session.takeTrailers(of: id, into: &lines)
    let copy = ExactBytes(Array("0\r\n".utf8) + Array(lines.bytes) + Array("\r\n".utf8))
    var decoder = HTTP1BodyDecoder(framing: .chunked, limits: roomy)
    var offset = 0
    do {
      let event = try decoder.next(copy.raw, &offset)
      precondition(event == .end && offset == copy.raw.count, "trailers end elsewhere in HTTP/1.1")
    } catch {
      preconditionFailure("trailers are refused in HTTP/1.1: \(error)")
    }
    let count = lines.bytes.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    precondition(decoder.trailerCount == count, "other trailers in HTTP/1.1")
    return String(decoding: lines.bytes, as: UTF8.self)
  }

  /// What a session lets pass is smaller.
  private static var roomy: HTTP1Limits {
    var limits = HTTP1Limits()
    limits.headBytes = 256 * 1024
    limits.trailerBytes = 64 * 1024
    return limits
  }
}
