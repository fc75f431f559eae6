/// What a session allows its peer, and what it keeps for it.
///
/// Memory of one connection at most: `maxConcurrentStreams` times (`initialWindowBytes`, a head of
/// `head.headBytes` and the owner's own), besides some 40 KiB for the connection.
public struct HTTP2Settings: Equatable, Sendable {
  /// Streams that a client may have open at once (SETTINGS_MAX_CONCURRENT_STREAMS); more are
  /// refused. Servers only.
  public var maxConcurrentStreams = 100
  /// Body bytes that one stream may send before some are given back with `consume`
  /// (SETTINGS_INITIAL_WINDOW_SIZE), 1 to 2^31 - 1.
  public var initialWindowBytes = 64 * 1024
  /// Body bytes that all streams together may have on the way, 65,535 to 2^31 - 1. Given back as
  /// they arrive, so that no stream waits for another one's owner.
  public var connectionWindowBytes = 1024 * 1024
  /// Limits of heads and trailers, as HTTP/1 has them. `headBytes` counts as RFC 9113 §6.5.2 does,
  /// 32 bytes a field besides its text, and is announced (SETTINGS_MAX_HEADER_LIST_SIZE); twice as
  /// much ends the connection.
  public var head = HTTP1Limits()
  /// CONTINUATION frames of one header block that are taken in any case, however they are cut; the
  /// connection ends at the latest after nine times as many.
  public var continuations = 8
  /// Entries of one SETTINGS frame; more end the connection.
  public var settingsEntries = 32
  /// Interim answers to one request; more reset the stream.
  public var interimHeads = 32
  /// Outgoing bytes of a stream from which on `.drained` will be told.
  public var highWatermarkBytes = 64 * 1024
  /// Outgoing bytes of a stream at which `.drained` is told.
  public var lowWatermarkBytes = 16 * 1024
  /// Frames of the protocol itself that may wait to be sent (acknowledgements, resets, windows);
  /// more end the connection.
  public var queuedControlFrames = 1000
  /// How much of what costs the peer nothing is put up with.
  public var floods = HTTP2FloodBudgets()

  /// The defaults.
  public init() {}
}
