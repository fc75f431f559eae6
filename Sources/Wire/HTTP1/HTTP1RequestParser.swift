public import Vocabulary

/// Reads request heads of HTTP/1.0 and 1.1 (RFC 9112), strictly.
///
/// The caller gathers bytes until a head is complete and hands all of them to each call; the parser
/// goes on where it stopped, so any cutting costs the same and ends the same. It refuses whatever
/// two readers could take differently (lengths, line ends, white space, hosts) and never repairs.
/// It owns nothing, allocates nothing and keeps no pointer; after an error it must be reset or
/// dropped.
public struct HTTP1RequestParser: Sendable {
  private let limits: HTTP1Limits
  private var scanner: HTTP1HeadScanner

  /// A parser at the start of a message.
  public init(limits: HTTP1Limits = HTTP1Limits()) {
    self.limits = limits
    scanner = HTTP1HeadScanner(limits: limits)
  }

  /// Reads on in `bytes`: everything received since the end of the previous message.
  ///
  /// One empty line before the head is skipped (RFC 9112 §2.2) and counts as part of it. `head` is
  /// filled from call to call and means something only when the call that returns a length is over.
  /// - Returns: how many bytes the head has, once it is complete; nil while it is not, and then the
  ///   next call gets the same bytes and more.
  /// - Throws: what is wrong with the head; the connection is to be closed after the answer.
  public mutating func parse(
    _ bytes: UnsafeRawBufferPointer, into head: inout RequestHead
  ) throws(WireError) -> Int? {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return nil }
    if scanner.isInStartLine {
      if scanner.isAtStart, ByteSearch.byte(base, 0) == ASCII.carriageReturn {
        guard bytes.count > 1 else { return nil }
        guard ByteSearch.byte(base, 1) == ASCII.lineFeed else { throw .bareCarriageReturn }
        scanner.skipEmptyLine()
      }
      guard let line = try scanner.startLine(bytes) else { return nil }
      head.removeAll()
      try HTTP1RequestLine.read(base, line, into: &head)
    }
    guard let length = try scanner.fields(bytes, into: &head.fields) else { return nil }
    try finish(base, &head)
    head.plainLine = head.findPlainLine(in: bytes)
    scanner.reset()
    return length
  }

  /// Reads on in `bytes`, as `parse` does, and keeps the head's bytes in `kept`.
  ///
  /// A head that repeats the one before, which `head` and `kept` still hold and `memo` knows, is
  /// not read again.
  public mutating func parse(
    _ bytes: UnsafeRawBufferPointer, into head: inout RequestHead, keeping kept: inout ByteBuffer,
    memo: inout HeadMemo
  ) throws(WireError) -> Int? {
    if scanner.isAtStart, let known = memo.recognize(bytes, in: &kept) {
      if let length = known.newLength { head.framing = .length(length) }
      return kept.count
    }
    memo.forget()
    guard let length = try parse(bytes, into: &head) else { return nil }
    kept.removeAll()
    kept.append(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
    memo.note(head.fields, byteCount: length)
    return length
  }

  /// Forgets an unfinished head. A parser that returned a head is already at the next one.
  public mutating func reset() {
    scanner.reset()
  }

  /// Draws from the fields what the head says as a whole.
  @inline(__always)
  private func finish(
    _ base: UnsafeRawPointer, _ head: inout RequestHead
  ) throws(WireError) {
    let isHTTP10 = head.isHTTP10
    let semantics = try HTTP1FieldSemantics(
      &head.fields, base, limits: limits, isHTTP10: isHTTP10)
    if let host = semantics.host {
      guard HostSyntax.isValid(base, from: Int(host.offset), to: host.end) else {
        throw .invalidHost
      }
      // The host of an absolute-form target wins (RFC 9112 §3.2.2).
      if head.host == nil { head.host = host }
    } else if !isHTTP10 {
      throw .missingHost
    }
    guard isHTTP10 || !semantics.expectsUnknown else { throw .unsupportedExpectation }
    head.framing =
      semantics.isChunked ? .chunked : semantics.contentLength.map { .length($0) } ?? .none
    head.keepsAlive = semantics.keepsConnection(isHTTP10: isHTTP10)
    head.asksForUpgrade = semantics.hasUpgrade && !isHTTP10
    // A 1.0 client cannot be answered with 100 (RFC 9110 §10.1.1).
    head.expectsContinue = semantics.expectsContinue && !isHTTP10 && !head.framing.isEmpty
  }
}
