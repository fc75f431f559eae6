public import Vocabulary

/// Reads the heads of HTTP/1.0 and 1.1 answers (RFC 9112), strictly.
///
/// Works as `HTTP1RequestParser` does. An answer whose end is in doubt is an error: what follows it
/// could be given to the wrong client.
public struct HTTP1ResponseParser: Sendable {
  private let limits: HTTP1Limits
  private var requestMethod: HTTPMethod
  private var scanner: HTTP1HeadScanner

  /// A parser before the answer to a request with `requestMethod`.
  public init(limits: HTTP1Limits = HTTP1Limits(), requestMethod: HTTPMethod = .get) {
    self.limits = limits
    self.requestMethod = requestMethod
    scanner = HTTP1HeadScanner(limits: limits)
  }

  /// Reads on in `bytes`: everything received since the end of the previous message.
  ///
  /// A complete interim answer (1xx) is returned like any other; the parser is then at the next
  /// head.
  /// - Returns: how many bytes the head has, once it is complete; nil while it is not, and then the
  ///   next call gets the same bytes and more.
  /// - Throws: what is wrong with the head; the connection is of no further use.
  public mutating func parse(
    _ bytes: UnsafeRawBufferPointer, into head: inout ResponseHead
  ) throws(WireError) -> Int? {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return nil }
    if scanner.isInStartLine {
      guard let line = try scanner.startLine(bytes) else { return nil }
      head.removeAll()
      try HTTP1StatusLine.read(base, line, into: &head)
      guard head.status != 101 else { throw .unexpectedUpgrade }
    }
    guard let length = try scanner.fields(bytes, into: &head.fields) else { return nil }
    let isHTTP10 = head.isHTTP10
    let semantics = try HTTP1FieldSemantics(
      &head.fields, base, limits: limits, isHTTP10: isHTTP10)
    head.keepsAlive = semantics.keepsConnection(isHTTP10: isHTTP10)
    frame(&head, semantics)
    scanner.reset()
    return length
  }

  /// Reads on in `bytes`, as `parse` does, and keeps the head's bytes in `kept`.
  ///
  /// A head that repeats the one before, which `head` and `kept` still hold and `memo` knows, is
  /// not read again.
  public mutating func parse(
    _ bytes: UnsafeRawBufferPointer, into head: inout ResponseHead, keeping kept: inout ByteBuffer,
    memo: inout HeadMemo
  ) throws(WireError) -> Int? {
    if scanner.isAtStart, requestMethod != .head, let known = memo.recognize(bytes, in: &kept) {
      if let length = known.newLength { head.framing = .length(length) }
      return kept.count
    }
    memo.forget()
    guard let length = try parse(bytes, into: &head) else { return nil }
    kept.removeAll()
    kept.append(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
    switch head.framing {
    case .length, .chunked: memo.note(head.fields, byteCount: length)
    case .none, .untilClose: break
    }
    return length
  }

  /// Forgets an unfinished head and expects the answer to a request with `requestMethod`.
  public mutating func reset(requestMethod: HTTPMethod) {
    self.requestMethod = requestMethod
    scanner.reset()
  }

  /// Says how the body ends (RFC 9112 §6.3).
  private func frame(_ head: inout ResponseHead, _ semantics: HTTP1FieldSemantics) {
    let announcesBody = semantics.isChunked || (semantics.contentLength ?? 0) > 0
    if head.isInterim || head.status == 204 {
      head.framing = .none
      // A sender that announces a body here may send one: what follows cannot be trusted.
      if announcesBody { head.keepsAlive = false }
    } else if requestMethod == .head || head.status == 304 {
      head.framing = .none
    } else if semantics.isChunked {
      head.framing = .chunked
    } else if let length = semantics.contentLength {
      head.framing = .length(length)
    } else {
      head.framing = .untilClose
      head.keepsAlive = false
    }
  }
}
