extension HeaderName {
  /// The known name that `name` spells in any case; `other` when there is none.
  ///
  /// `name` consists of token characters. Costs one comparison at most.
  public init(recognizing name: UnsafeRawBufferPointer) {
    guard let base = name.baseAddress else {
      self = .other
      return
    }
    self = HeaderName.recognize(base, name.count)
  }

  /// The known name spelled by the `count` token characters at `base`.
  @inline(__always)
  static func recognize(_ base: UnsafeRawPointer, _ count: Int) -> HeaderName {
    guard count > 0 else { return .other }
    let candidate = candidate(count, ByteSearch.byte(base, 0) | 0x20, base)
    guard candidate != .other else { return .other }
    return candidate.matches(base, count) ? candidate : .other
  }

  /// The one name with this length and first letter, told apart by another letter where two share them.
  @inline(__always)
  private static func candidate(
    _ count: Int, _ first: UInt8, _ base: UnsafeRawPointer
  ) -> HeaderName {
    switch (count, first) {
    case (2, UInt8(ascii: "t")): .te
    case (3, UInt8(ascii: "v")): .via
    case (4, UInt8(ascii: "h")): .host
    case (4, UInt8(ascii: "d")): .date
    case (6, UInt8(ascii: "a")): .accept
    case (6, UInt8(ascii: "c")): .cookie
    case (6, UInt8(ascii: "e")): .expect
    case (6, UInt8(ascii: "o")): .origin
    case (6, UInt8(ascii: "s")): .server
    case (7, UInt8(ascii: "t")): .trailer
    case (7, UInt8(ascii: "u")): .upgrade
    case (9, UInt8(ascii: "f")): .forwarded
    case (9, UInt8(ascii: "x")): letter(base, 2) == UInt8(ascii: "a") ? .xAPIKey : .xUserID
    case (10, UInt8(ascii: "c")): .connection
    case (10, UInt8(ascii: "k")): .keepAlive
    case (10, UInt8(ascii: "t")): .tracestate
    case (10, UInt8(ascii: "u")): .userAgent
    case (11, UInt8(ascii: "r")): .retryAfter
    case (11, UInt8(ascii: "t")): .traceparent
    case (11, UInt8(ascii: "x")): .xTenantID
    case (12, UInt8(ascii: "c")): .contentType
    case (12, UInt8(ascii: "x")): letter(base, 2) == UInt8(ascii: "r") ? .xRequestID : .xSessionID
    case (13, UInt8(ascii: "a")): .authorization
    case (14, UInt8(ascii: "c")): .contentLength
    case (15, UInt8(ascii: "a")): .acceptEncoding
    case (15, UInt8(ascii: "x")):
      letter(base, 2) == UInt8(ascii: "f") ? .xForwardedFor : .xVLLMPriority
    case (16, UInt8(ascii: "c")): .contentEncoding
    case (16, UInt8(ascii: "p")): .proxyConnection
    case (16, UInt8(ascii: "x")): .xCorrelationID
    case (17, UInt8(ascii: "t")): .transferEncoding
    case (18, UInt8(ascii: "p")): .proxyAuthenticate
    case (19, UInt8(ascii: "p")): .proxyAuthorization
    case (20, UInt8(ascii: "x")): .xDataParallelRank
    case (21, UInt8(ascii: "e")): .endpointLoadMetrics
    case (28, UInt8(ascii: "e")): .endpointLoadMetricsFormat
    default: .other
    }
  }

  @inline(__always)
  private static func letter(_ base: UnsafeRawPointer, _ place: Int) -> UInt8 {
    ByteSearch.byte(base, place) | 0x20
  }

  @inline(__always)
  private func matches(_ base: UnsafeRawPointer, _ count: Int) -> Bool {
    ASCII.isSame(base, count, ignoringCaseAs: lowercaseName)
  }

  /// The name in lower case, as HTTP/2 writes it; empty for `other`.
  public var lowercaseName: StaticString {
    @inline(__always)
    get {
      switch self {
      case .other: ""
      case .host: "host"
      case .contentLength: "content-length"
      case .transferEncoding: "transfer-encoding"
      case .connection: "connection"
      case .keepAlive: "keep-alive"
      case .proxyConnection: "proxy-connection"
      case .proxyAuthenticate: "proxy-authenticate"
      case .proxyAuthorization: "proxy-authorization"
      case .te: "te"
      case .trailer: "trailer"
      case .upgrade: "upgrade"
      case .expect: "expect"
      case .contentType: "content-type"
      case .contentEncoding: "content-encoding"
      case .accept: "accept"
      case .acceptEncoding: "accept-encoding"
      case .authorization: "authorization"
      case .userAgent: "user-agent"
      case .origin: "origin"
      case .cookie: "cookie"
      case .date: "date"
      case .server: "server"
      case .retryAfter: "retry-after"
      case .via: "via"
      case .forwarded: "forwarded"
      case .xForwardedFor: "x-forwarded-for"
      case .xAPIKey: "x-api-key"
      case .xRequestID: "x-request-id"
      case .xCorrelationID: "x-correlation-id"
      case .xSessionID: "x-session-id"
      case .xUserID: "x-user-id"
      case .xTenantID: "x-tenant-id"
      case .xDataParallelRank: "x-data-parallel-rank"
      case .xVLLMPriority: "x-vllm-priority"
      case .traceparent: "traceparent"
      case .tracestate: "tracestate"
      case .endpointLoadMetrics: "endpoint-load-metrics"
      case .endpointLoadMetricsFormat: "endpoint-load-metrics-format"
      }
    }
  }
}
