internal import Vocabulary

/// How long to wait from one probe of an engine to the next; pure.
///
/// An engine that nothing speaks against is asked at the interval, and no two of a fleet in step.
/// One that may be gone, that is known to be, or that is coming back is asked about every second,
/// so that it is found out within seconds; where that takes longer, less often. Never waits longer
/// than the interval.
struct ProbePace {
  /// What is known of the engine.
  enum Situation: Equatable {
    /// Nothing speaks against it, or only that it was slow once.
    case settled
    /// It is taken to be healthy, and something speaks against that.
    case doubted
    /// It is not healthy.
    case away
    /// It is not yet healthy again, but answered well.
    case returning
  }

  /// The least time between the starts of two probes, when another doubt has come.
  static let gap: Duration = .milliseconds(500)
  private static let doubtedWaits = [1, 1, 1, 2, 4, 5]
  /// Probes of an engine that is away before it is asked half as often.
  private static let hopefulProbes = 30

  private let interval: Duration
  private var situation = Situation.settled
  /// Waits in this situation so far.
  private var waits = 0

  /// The pace of an engine with nothing against it that is asked at `interval`.
  init(interval: Duration) {
    precondition(interval > .zero, "an interval of 0 is no interval")
    self.interval = interval
  }

  /// The time from the start of the probe that has ended to the start of the next.
  ///
  /// Up to a tenth shorter than it is due, at random, so that engines that were first probed at the
  /// same time are not for ever; the first regular wait up to a half.
  mutating func next(
    _ situation: Situation, using generator: inout SplitMix64
  ) -> Duration {
    let isFirst = waits == 0 && situation == .settled && self.situation == .settled
    if situation != self.situation { waits = 0 }
    self.situation = situation
    defer { waits = min(waits + 1, 1 << 20) }
    let due = min(due(situation), interval)
    return due * (1 - Double.random(in: 0...(isFirst ? 0.5 : 0.1), using: &generator))
  }

  private func due(_ situation: Situation) -> Duration {
    switch situation {
    case .settled: interval
    case .doubted:
      .seconds(ProbePace.doubtedWaits[min(waits, ProbePace.doubtedWaits.count - 1)])
    case .away: .seconds(waits < ProbePace.hopefulProbes ? 1 : 2)
    case .returning: ProbePace.gap
    }
  }
}
