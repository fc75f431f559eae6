/// A request method, as far as the router tells them apart (RFC 9110 §9, RFC 5789).
public enum HTTPMethod: UInt8, Equatable, Sendable {
  /// `GET`.
  case get
  /// `HEAD`: its answer has no body.
  case head
  /// `POST`.
  case post
  /// `PUT`.
  case put
  /// `DELETE`.
  case delete
  /// `PATCH`.
  case patch
  /// `OPTIONS`.
  case options
  /// `CONNECT`: asks for a tunnel; refused by the parsers.
  case connect
  /// `TRACE`.
  case trace
  /// Any other token; `RequestHead.methodName` has its bytes.
  case other
}
