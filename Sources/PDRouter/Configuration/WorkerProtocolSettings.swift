internal import EventLoop

/// How workers are spoken to.
public struct WorkerProtocolSettings: Sendable, Equatable {
  /// Whether workers at `http://` are spoken to in HTTP/2 without TLS, as those at `h2c://` are.
  public var prefersHTTP2 = false
  /// Silence of a connection with live streams after which the worker is sent a PING; 0 for never.
  public var pingInterval: Duration = .seconds(30)
  /// A connection whose PING is not answered after this long is dead.
  public var pingTimeout: Duration = .seconds(10)

  /// The defaults.
  public init() {}

  /// What is wrong with them, a sentence each.
  var faults: [String] {
    guard (.zero ... .seconds(3600)).contains(pingInterval) else {
      return ["--worker-http2-ping-secs must be between 0 and 3600"]
    }
    return []
  }

  /// What a worker of that scheme speaks, as far as is known before it is connected to.
  func expected(of scheme: WorkerScheme) -> ApplicationProtocol {
    switch scheme {
    case .http: prefersHTTP2 ? .http2 : .http1
    // Most engines speak no HTTP/2, and what this one speaks the first connection tells.
    case .https: .http1
    case .h2c: .http2
    }
  }
}
