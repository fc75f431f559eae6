/// The header fields the program knows by name; every other one is `other`.
///
/// Recognised without regard to case, by length, first letter and one comparison, while a head is
/// parsed; so later passes over the fields switch over a byte and compare no text.
public enum HeaderName: UInt8, Equatable, Sendable {
  /// A field that is not in this list; its name is in `HeaderField.name`.
  case other
  /// `Host`, or the `:authority` of HTTP/2.
  case host
  /// `Content-Length`.
  case contentLength
  /// `Transfer-Encoding`.
  case transferEncoding
  /// `Connection`.
  case connection
  /// `Keep-Alive`.
  case keepAlive
  /// `Proxy-Connection`.
  case proxyConnection
  /// `Proxy-Authenticate`.
  case proxyAuthenticate
  /// `Proxy-Authorization`.
  case proxyAuthorization
  /// `TE`.
  case te
  /// `Trailer`.
  case trailer
  /// `Upgrade`.
  case upgrade
  /// `Expect`.
  case expect
  /// `Content-Type`.
  case contentType
  /// `Content-Encoding`.
  case contentEncoding
  /// `Accept`.
  case accept
  /// `Accept-Encoding`.
  case acceptEncoding
  /// `Authorization`.
  case authorization
  /// `User-Agent`.
  case userAgent
  /// `Origin`.
  case origin
  /// `Cookie`.
  case cookie
  /// `Date`.
  case date
  /// `Server`.
  case server
  /// `Retry-After`.
  case retryAfter
  /// `Via`.
  case via
  /// `Forwarded`.
  case forwarded
  /// `X-Forwarded-For`.
  case xForwardedFor
  /// `X-API-Key`.
  case xAPIKey
  /// `X-Request-ID`.
  case xRequestID
  /// `X-Correlation-ID`.
  case xCorrelationID
  /// `X-Trace-ID`.
  case xTraceID
  /// `Request-ID`.
  case requestID
  /// `X-Session-ID`.
  case xSessionID
  /// `X-User-ID`.
  case xUserID
  /// `X-Tenant-ID`.
  case xTenantID
  /// `X-Data-Parallel-Rank`.
  case xDataParallelRank
  /// `X-Vllm-Priority`.
  case xVLLMPriority
  /// `traceparent` (W3C Trace Context).
  case traceparent
  /// `tracestate` (W3C Trace Context).
  case tracestate
  /// `endpoint-load-metrics` (ORCA load reports in answers).
  case endpointLoadMetrics
  /// `endpoint-load-metrics-format` (asks for ORCA load reports).
  case endpointLoadMetricsFormat

  /// Its bit in a set of names, of which there are fewer than 64.
  @inlinable
  var bit: UInt64 { 1 &<< UInt64(rawValue) }

  /// Whether the field speaks to the next hop only, so that a proxy must not pass it on
  /// (RFC 9110 §7.6.1).
  @inlinable
  public var isHopByHop: Bool {
    switch self {
    case .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthorization, .te,
      .trailer, .transferEncoding, .upgrade:
      true
    default:
      false
    }
  }
}
