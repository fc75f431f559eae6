internal import Synchronization
internal import Vocabulary

/// One worker's breaker, and what it has counted.
///
/// Shared by all loops. What it stands at is read with one relaxed load; a success of a worker that
/// has nothing against it costs that and a count, and everything else is rare and takes a lock for
/// a few instructions. Whoever causes a change must make the loops look again
/// (`RouterLoop.noteChange(_:of:)`).
final class WorkerBreaker: Sendable {
  private struct Book {
    var machine = BreakerStateMachine()
    /// How often each of `BreakerChange.all` was made.
    var counts = [Int](repeating: 0, count: BreakerChange.all.count)
  }

  private let guarded = Guarded(Book())
  private let shown = Atomic<BreakerStanding>(.clean)
  private let succeeded = Atomic<Int>(0)
  private let failed = Atomic<Int>(0)

  /// A breaker that admits.
  init() {}

  /// Whether requests go to it.
  var state: BreakerState {
    switch shown.load(ordering: .relaxed) {
    case .clean, .marked: .admitting
    case .ejected: .ejected
    case .probing, .full: .probing
    }
  }

  /// Whether it is being tried and no further request may.
  var isFull: Bool { shown.load(ordering: .relaxed) == .full }

  /// Legs that ended well.
  var successes: Int { succeeded.load(ordering: .relaxed) }

  /// Legs that failed by the worker's fault.
  var failures: Int { failed.load(ordering: .relaxed) }

  /// How often it made the change number `place` of `BreakerChange.all`.
  func count(ofChange place: Int) -> Int { guarded.withLock { $0.counts[place] } }

  /// When its ejection's time is over; nil while it is not ejected.
  var ejectedUntil: Instant? {
    state == .ejected ? guarded.withLock { $0.machine.ejectedUntil } : nil
  }

  /// Whether a good probe may end its ejection.
  var awaitsProbe: Bool {
    state == .ejected && guarded.withLock { $0.machine.awaitsProbe }
  }
}

// MARK: - Events

extension WorkerBreaker {
  /// Lets a leg to it, as a trial where one is possible.
  ///
  /// Loops that choose it in the same microsecond may let one more to it each, which are no trials.
  func enter() -> BreakerTrial {
    guard state == .probing else { return .none }
    return guarded.withLock { guarded in
      defer { shown.store(BreakerStanding(guarded.machine), ordering: .relaxed) }
      return guarded.machine.enter()
    }
  }

  /// A leg has shown by its first token that the worker works.
  func noteProgress(_ trial: inout BreakerTrial) -> BreakerChange? {
    guard trial.isOut else { return nil }
    return update { $0.succeeded(&trial) }
  }

  /// A leg has ended well.
  func noteSuccess(_ trial: inout BreakerTrial) -> BreakerChange? {
    succeeded.wrappingAdd(1, ordering: .relaxed)
    guard shown.load(ordering: .relaxed) != .clean else { return nil }
    return update { $0.succeeded(&trial) }
  }

  /// A leg has failed, by the worker's fault.
  func noteFailure(
    _ failure: BreakerFailure, _ trial: inout BreakerTrial, now: Instant,
    by settings: BreakerSettings
  ) -> BreakerChange? {
    failed.wrappingAdd(1, ordering: .relaxed)
    return update { $0.failed(failure, &trial, now: now, by: settings) }
  }

  /// A leg has ended without a word on the worker.
  func noteLeft(_ trial: inout BreakerTrial) {
    guard trial.isOut else { return }
    _ = update {
      $0.left(&trial)
      return nil
    }
  }

  /// It is `now`: an ejection may be over.
  func look(now: Instant) -> BreakerChange? {
    guard state == .ejected else { return nil }
    return update { $0.look(now: now) }
  }

  /// The engine answered a probe well.
  func noteGoodProbe(now: Instant) -> BreakerChange? {
    guard state == .ejected else { return nil }
    return update { $0.probed(now: now) }
  }

  private func update(
    _ event: (inout BreakerStateMachine) -> BreakerChange?
  ) -> BreakerChange? {
    guarded.withLock { guarded in
      let change = event(&guarded.machine)
      if let change, let place = BreakerChange.all.firstIndex(of: change) {
        guarded.counts[place] += 1
      }
      shown.store(BreakerStanding(guarded.machine), ordering: .relaxed)
      return change
    }
  }
}
