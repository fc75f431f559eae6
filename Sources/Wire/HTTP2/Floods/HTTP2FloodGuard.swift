internal import Vocabulary

/// Decides when frames that cost the peer nothing have been too many.
///
/// Pure: time comes in with each event. A frame costs a subtraction. What goes with traffic is
/// earned by it: ten WINDOW_UPDATE and one PING for each DATA frame sent, as receivers make them;
/// two PRIORITY, ten WINDOW_UPDATE and one stray frame for each stream.
struct HTTP2FloodGuard {
  private let budgets: HTTP2FloodBudgets
  private var resets: HTTP2FloodBucket
  private var pings: HTTP2FloodBucket
  private var settings: HTTP2FloodBucket
  private var priorities: HTTP2FloodBucket
  private var windowUpdates: HTTP2FloodBucket
  private var emptyData: HTTP2FloodBucket
  private var strayFrames: HTTP2FloodBucket
  private var dataFrames = 0
  private var streams = 0
  /// Bytes received, less those of frames that mean something.
  private var idleBytes = 0
  /// Bytes of heads and bodies.
  private var usefulBytes = 0

  init(_ budgets: HTTP2FloodBudgets) {
    self.budgets = budgets
    resets = HTTP2FloodBucket(budgets.resets)
    pings = HTTP2FloodBucket(budgets.pings)
    settings = HTTP2FloodBucket(budgets.settings)
    priorities = HTTP2FloodBucket(budgets.priorities)
    windowUpdates = HTTP2FloodBucket(budgets.windowUpdates)
    emptyData = HTTP2FloodBucket(budgets.emptyData)
    strayFrames = HTTP2FloodBucket(budgets.strayFrames)
  }

  /// A DATA frame was sent, or one with data came.
  @inline(__always)
  mutating func noteData() { dataFrames &+= 1 }

  /// A stream was opened.
  @inline(__always)
  mutating func noteStream() { streams &+= 1 }

  /// A stream was reset before it was answered, or had to be reset.
  mutating func allowsReset(_ now: Instant) -> Bool {
    resets.take(now, earnings: 0)
  }

  /// A PING came.
  mutating func allowsPing(_ now: Instant) -> Bool {
    pings.take(now, earnings: dataFrames)
  }

  /// A SETTINGS frame came.
  mutating func allowsSettings(_ now: Instant) -> Bool {
    settings.take(now, earnings: 0)
  }

  /// A PRIORITY frame came.
  mutating func allowsPriority(_ now: Instant) -> Bool {
    priorities.take(now, earnings: streams &* 2)
  }

  /// A WINDOW_UPDATE came.
  mutating func allowsWindowUpdate(_ now: Instant) -> Bool {
    windowUpdates.take(now, earnings: (dataFrames &+ streams) &* 10)
  }

  /// A DATA frame without data came.
  mutating func allowsEmptyData(_ now: Instant) -> Bool {
    emptyData.take(now, earnings: 0)
  }

  /// A frame came for a stream that is not open.
  mutating func allowsStrayFrame(_ now: Instant) -> Bool {
    strayFrames.take(now, earnings: streams)
  }

  /// Bytes came, of whatever frames.
  @inline(__always)
  mutating func noteReceived(_ count: Int) { idleBytes &+= count }

  /// A frame of `count` bytes with its head has begun that is looked at or counted otherwise.
  @inline(__always)
  mutating func noteFrame(_ count: Int) { idleBytes &-= count }

  /// `count` bytes of a head or body came.
  @inline(__always)
  mutating func noteUseful(_ count: Int) { usefulBytes &+= count }

  /// Whether bytes that mean nothing are within their budget.
  @inline(__always)
  var allowsIdleBytes: Bool { idleBytes &- usefulBytes <= budgets.idleBytes }
}
