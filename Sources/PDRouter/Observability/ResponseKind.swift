internal import Wire

/// What answers are counted by: route, phase, method and status, each from a bounded set.
struct ResponseKind: Equatable {
  /// The request that was answered.
  enum Phase: UInt8, CaseIterable {
    /// A prefill leg.
    case prefill
    /// The decode leg of a split request.
    case decode
    /// A request that was not split.
    case inference
  }

  let endpoint: Endpoint
  let phase: Phase
  let method: HTTPMethod
  /// 100 … 599.
  let status: Int

  init(_ endpoint: Endpoint, _ phase: Phase, _ method: HTTPMethod, status: Int) {
    precondition((100...599).contains(status), "a status of HTTP")
    self.endpoint = endpoint
    self.phase = phase
    self.method = method
    self.status = status
  }

  /// All of it in one number that is not zero.
  var key: UInt32 {
    UInt32(status) << 16 | UInt32(method.rawValue) << 12 | UInt32(phase.rawValue) << 8
      | UInt32(endpoint.rawValue)
  }

  /// The kind of that number.
  init(key: UInt32) {
    guard let endpoint = Endpoint(rawValue: UInt8(key & 0xFF)),
      let phase = Phase(rawValue: UInt8(key >> 8 & 0xF)),
      let method = HTTPMethod(rawValue: UInt8(key >> 12 & 0xF))
    else { preconditionFailure("a key comes from a kind") }
    self.init(endpoint, phase, method, status: Int(key >> 16))
  }

  /// Method and status as labels, named as OpenTelemetry names them.
  var labels: String {
    "http_request_method=\"\(methodName)\",http_response_status_code=\"\(status)\","
      + "http_response_status_class=\"\(status / 100)xx\""
  }

  /// The labels of what is counted together because there is no room to tell it apart.
  static let labelsBeyondCapacity =
    "route=\"other\",http_request_method=\"_OTHER\",http_response_status_code=\"other\","
    + "http_response_status_class=\"other\""

  private var methodName: StaticString {
    switch method {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .patch: "PATCH"
    case .options: "OPTIONS"
    case .connect: "CONNECT"
    case .trace: "TRACE"
    case .other: "_OTHER"
    }
  }
}
