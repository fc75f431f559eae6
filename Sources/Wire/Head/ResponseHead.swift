/// The head of an answer, in any protocol version: its status, its fields, how its body ends.
///
/// Holds places, not bytes, as `RequestHead` does. Owns the storage of `fields` and is meant to be
/// used again for the next head of its connection.
public struct ResponseHead: ~Copyable {
  /// The status code, 100 to 999.
  public var status: Int
  /// The reason phrase; empty when there is none.
  public var reason: ByteRange
  /// Whether the sender speaks HTTP/1.0.
  public var isHTTP10: Bool
  /// The header fields.
  public var fields: HeaderTable
  /// How the body ends.
  public var framing: BodyFraming
  /// Whether the connection may be used again after this answer (RFC 9112 §9.3).
  public var keepsAlive: Bool

  /// A head that says nothing yet.
  public init() {
    status = 0
    reason = .empty
    isHTTP10 = false
    fields = HeaderTable()
    framing = .none
    keepsAlive = true
  }

  /// Whether this is an interim answer (1xx): the final one follows on the same connection.
  @inlinable
  public var isInterim: Bool { status >= 100 && status < 200 }

  /// Forgets everything except the storage of `fields`.
  public mutating func removeAll() {
    status = 0
    reason = .empty
    isHTTP10 = false
    fields.removeAll()
    framing = .none
    keepsAlive = true
  }
}
