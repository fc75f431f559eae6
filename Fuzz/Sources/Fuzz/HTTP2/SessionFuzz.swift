internal import Vocabulary
internal import Wire

/// Connections of HTTP/2, either end: whatever frames arrive, streams are told of in an order that
/// makes sense, each ends exactly once, and every head that is announced is one that HTTP/1.1 reads
/// the same way.
enum SessionFuzz {
  static func run(_ input: FuzzInput) {
    let greeting =
      input.chooses(0)
      ? [] : Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
    let bytes = greeting + input.text
    let cut =
      input.chooses(7) ? Array(1...max(1, bytes.count)) : [greeting.count + input.cut, bytes.count]
    let whole = SessionRun(input).feed(bytes, ends: [bytes.count])
    let pieces = SessionRun(input).feed(bytes, ends: bytes.isEmpty ? [] : cut)
    precondition(whole.isClean == pieces.isClean, "an error only in pieces, or only whole")
    guard whole.isClean else { return }
    precondition(whole.log == pieces.log, "a connection means something else in pieces")
    precondition(whole.bodies == pieces.bodies, "a body differs in pieces")
  }
}
