/// Reads the heads of HTTP/1.0 and 1.1 answers (RFC 9112), strictly.
public struct HTTP1ResponseParser: Sendable {
  let limits: HTTP1Limits
  var requestMethod: HTTPMethod

  /// A parser before the answer to a request with `requestMethod`.
  public init(limits: HTTP1Limits = HTTP1Limits(), requestMethod: HTTPMethod = .get) {
    self.limits = limits
    self.requestMethod = requestMethod
  }

  /// Reads on in `bytes`: everything received since the end of the previous message.
  ///
  /// A complete interim answer (1xx) is returned like any other; the parser is then at the next head.
  /// - Returns: how many bytes the head has, once it is complete; nil while it is not, and then the
  ///   next call gets the same bytes and more.
  /// - Throws: what is wrong with the head; the connection is of no further use.
  public mutating func parse(
    _ bytes: UnsafeRawBufferPointer, into head: inout ResponseHead
  ) throws(WireError) -> Int? {
    nil
  }

  /// Forgets an unfinished head and expects the answer to a request with `requestMethod`.
  public mutating func reset(requestMethod: HTTPMethod) {
    self.requestMethod = requestMethod
  }
}
