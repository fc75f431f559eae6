/// What of the frames that cost a peer nothing and us something is put up with, for each kind.
///
/// Generous towards busy connections: traffic that means something earns more of what goes with it
/// (`HTTP2FloodGuard` says how much).
public struct HTTP2FloodBudgets: Equatable, Sendable {
  /// Streams that a client resets before they are answered, or makes us reset (CVE-2023-44487,
  /// CVE-2025-8671).
  public var resets = HTTP2FloodBudget(burst: 500, perSecond: 33)
  /// PING frames (CVE-2019-9512).
  public var pings = HTTP2FloodBudget(burst: 1000, perSecond: 33)
  /// SETTINGS frames (CVE-2019-9515).
  public var settings = HTTP2FloodBudget(burst: 100, perSecond: 1)
  /// PRIORITY frames (CVE-2019-9513).
  public var priorities = HTTP2FloodBudget(burst: 500, perSecond: 10)
  /// WINDOW_UPDATE frames.
  public var windowUpdates = HTTP2FloodBudget(burst: 2000, perSecond: 100)
  /// DATA frames without data that do not end a stream (CVE-2019-9518).
  public var emptyData = HTTP2FloodBudget(burst: 100, perSecond: 10)
  /// HEADERS and RST_STREAM for streams that are not open.
  public var strayFrames = HTTP2FloodBudget(burst: 1000, perSecond: 33)
  /// Bytes beyond those of heads and bodies: unknown frames, DATA of streams that are not open.
  public var idleBytes = 16 * 1024 * 1024

  /// The defaults.
  public init() {}
}
