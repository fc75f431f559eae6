/// Reads request heads of HTTP/1.0 and 1.1 (RFC 9112), strictly.
public struct HTTP1RequestParser: Sendable {
  let limits: HTTP1Limits

  /// A parser at the start of a message.
  public init(limits: HTTP1Limits = HTTP1Limits()) {
    self.limits = limits
  }

  /// Reads on in `bytes`: everything received since the end of the previous message.
  ///
  /// - Returns: how many bytes the head has, once it is complete; nil while it is not, and then the
  ///   next call gets the same bytes and more.
  /// - Throws: what is wrong with the head; the connection is to be closed after the answer.
  public mutating func parse(
    _ bytes: UnsafeRawBufferPointer, into head: inout RequestHead
  ) throws(WireError) -> Int? {
    nil
  }

  /// Forgets an unfinished head. A parser that returned a head is already at the next one.
  public mutating func reset() {}
}
