extension HeaderName {
  /// The known name that `name` spells in any case; `other` when there is none.
  ///
  /// `name` consists of token characters. Costs two comparisons at most.
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
    let first = ByteSearch.byte(base, 0) | 0x20
    if count < 8 { return recognizeShort(base, count, first) }
    return count < 13 ? recognizeMedium(base, count, first) : recognizeLong(base, count, first)
  }

  private static func recognizeShort(
    _ base: UnsafeRawPointer, _ count: Int, _ first: UInt8
  ) -> HeaderName {
    switch count {
    case 2: return pick(base, .te, "te")
    case 3: return pick(base, .via, "via")
    case 4:
      switch first {
      case UInt8(ascii: "h"):
        return pick(base, .host, "host")
      case UInt8(ascii: "d"):
        return pick(base, .date, "date")
      default: return .other
      }
    case 6:
      switch first {
      case UInt8(ascii: "e"):
        return pick(base, .expect, "expect")
      case UInt8(ascii: "a"):
        return pick(base, .accept, "accept")
      case UInt8(ascii: "o"):
        return pick(base, .origin, "origin")
      case UInt8(ascii: "c"):
        return pick(base, .cookie, "cookie")
      case UInt8(ascii: "s"):
        return pick(base, .server, "server")
      default: return .other
      }
    case 7:
      switch first {
      case UInt8(ascii: "t"):
        return pick(base, .trailer, "trailer")
      case UInt8(ascii: "u"):
        return pick(base, .upgrade, "upgrade")
      default: return .other
      }
    default: return .other
    }
  }

  private static func recognizeMedium(
    _ base: UnsafeRawPointer, _ count: Int, _ first: UInt8
  ) -> HeaderName {
    switch count {
    case 9:
      switch first {
      case UInt8(ascii: "f"):
        return pick(base, .forwarded, "forwarded")
      case UInt8(ascii: "x"):
        let found = pick(base, .xAPIKey, "x-api-key")
        return found == .other ? pick(base, .xUserID, "x-user-id") : found
      default: return .other
      }
    case 10:
      switch first {
      case UInt8(ascii: "c"):
        return pick(base, .connection, "connection")
      case UInt8(ascii: "k"):
        return pick(base, .keepAlive, "keep-alive")
      case UInt8(ascii: "u"):
        return pick(base, .userAgent, "user-agent")
      case UInt8(ascii: "t"):
        return pick(base, .tracestate, "tracestate")
      case UInt8(ascii: "x"):
        return pick(base, .xTraceID, "x-trace-id")
      case UInt8(ascii: "r"):
        return pick(base, .requestID, "request-id")
      default: return .other
      }
    case 11:
      switch first {
      case UInt8(ascii: "r"):
        return pick(base, .retryAfter, "retry-after")
      case UInt8(ascii: "x"):
        return pick(base, .xTenantID, "x-tenant-id")
      case UInt8(ascii: "t"):
        return pick(base, .traceparent, "traceparent")
      default: return .other
      }
    case 12:
      switch first {
      case UInt8(ascii: "c"):
        return pick(base, .contentType, "content-type")
      case UInt8(ascii: "x"):
        let found = pick(base, .xRequestID, "x-request-id")
        return found == .other ? pick(base, .xSessionID, "x-session-id") : found
      default: return .other
      }
    default: return .other
    }
  }

  private static func recognizeLong(
    _ base: UnsafeRawPointer, _ count: Int, _ first: UInt8
  ) -> HeaderName {
    switch count {
    case 13: return pick(base, .authorization, "authorization")
    case 14: return pick(base, .contentLength, "content-length")
    case 15:
      switch first {
      case UInt8(ascii: "a"):
        return pick(base, .acceptEncoding, "accept-encoding")
      case UInt8(ascii: "x"):
        let found = pick(base, .xForwardedFor, "x-forwarded-for")
        return found == .other ? pick(base, .xVLLMPriority, "x-vllm-priority") : found
      default: return .other
      }
    case 16:
      switch first {
      case UInt8(ascii: "p"):
        return pick(base, .proxyConnection, "proxy-connection")
      case UInt8(ascii: "c"):
        return pick(base, .contentEncoding, "content-encoding")
      case UInt8(ascii: "x"):
        return pick(base, .xCorrelationID, "x-correlation-id")
      default: return .other
      }
    case 17: return pick(base, .transferEncoding, "transfer-encoding")
    case 18: return pick(base, .proxyAuthenticate, "proxy-authenticate")
    case 19: return pick(base, .proxyAuthorization, "proxy-authorization")
    case 20: return pick(base, .xDataParallelRank, "x-data-parallel-rank")
    case 21: return pick(base, .endpointLoadMetrics, "endpoint-load-metrics")
    case 28: return pick(base, .endpointLoadMetricsFormat, "endpoint-load-metrics-format")
    default: return .other
    }
  }

  /// `name` if it is spelled `text` at `base`, which holds as many bytes.
  @inline(__always)
  private static func pick(
    _ base: UnsafeRawPointer, _ name: HeaderName, _ text: StaticString
  ) -> HeaderName {
    ASCII.isSame(base, text.utf8CodeUnitCount, ignoringCaseAs: text) ? name : .other
  }

  /// The name in lower case, as HTTP/2 writes it; empty for `other`.
  public var lowercaseName: StaticString {
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
      case .xTraceID: "x-trace-id"
      case .requestID: "request-id"
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
