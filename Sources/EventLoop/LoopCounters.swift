/// What a loop has done since it was made, for metrics; read on the loop's thread.
public struct LoopCounters: Equatable, Sendable {
  /// Connections accepted and handed to a listener's handler.
  public var acceptedStreams = 0
  /// Connections that could not be accepted, mostly for want of file descriptors.
  public var failedAccepts = 0
  /// Streams made, accepted or connecting, whose `streamDidClose` has not come.
  public var openStreams = 0
  /// Times queued bytes were offered to a socket (`writev` calls, save those libuv repeats).
  public var flushes = 0

  /// All zero.
  public init() {}
}
