/// How the end of a message body is known (RFC 9112 §6.3).
public enum BodyFraming: Equatable, Sendable {
  /// There is no body.
  case none
  /// The body has exactly this many bytes; 0 is a body that is there and empty.
  case length(Int)
  /// The body comes in chunks, each with its size, up to one of size 0.
  case chunked
  /// The body ends with the connection; answers only.
  case untilClose

  /// Whether not a single body byte can follow.
  @inlinable
  public var isEmpty: Bool {
    switch self {
    case .none, .length(0): true
    default: false
    }
  }
}
