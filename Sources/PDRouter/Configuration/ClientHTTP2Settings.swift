/// How HTTP/2 is spoken with clients.
public struct ClientHTTP2Settings: Sendable, Equatable {
  /// Whether it is not spoken at all: its first bytes are refused as what HTTP/1.1 does not know.
  public var isOff = false
  /// Requests that one connection may have under way at once; more are refused, and clients know
  /// that they may send them again. (`--http2-max-concurrent-streams`)
  public var maxConcurrentStreams = 100
  /// Bytes of one request's body that may come before some were taken.
  public var streamWindowBytes = 256 * 1024
  /// Bytes of all bodies on one connection that may be on their way.
  public var connectionWindowBytes = 1024 * 1024
  /// Silence of a client that waits for answers after which it is asked whether it lives; zero for
  /// never. (`--http2-keepalive-interval-secs`)
  public var keepAliveInterval: Duration = .seconds(60)
  /// Its time to say so; then the connection is closed. (`--http2-keepalive-timeout-secs`)
  public var keepAliveTimeout: Duration = .seconds(20)
  /// Answers of one connection that may stall one after the other, nothing being taken in between,
  /// until the connection is ended.
  public var stallsInARow = 10

  /// The defaults.
  public init() {}

  /// What is wrong, a sentence each.
  var faults: [String] {
    var faults: [String] = []
    if !(1...10_000).contains(maxConcurrentStreams) {
      faults.append(
        "--http2-max-concurrent-streams must be from 1 to 10000, not \(maxConcurrentStreams)")
    }
    for (flag, wait, least) in [
      ("--http2-keepalive-interval-secs", keepAliveInterval, 0),
      ("--http2-keepalive-timeout-secs", keepAliveTimeout, 1),
    ] where wait < .seconds(least) || wait > ClientSettings.longestWait {
      faults.append(
        "\(flag) must be from \(least) to \(ClientSettings.longestWait.components.seconds)")
    }
    return faults
  }
}
