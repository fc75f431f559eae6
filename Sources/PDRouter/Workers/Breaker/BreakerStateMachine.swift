internal import Vocabulary

/// Whether requests go to a worker, by what became of those that did; pure.
///
///     admitting ── so many failures in a row, all within the window ──▶ ejected
///         ▲                                                            │     ▲
///         │                                        its time is over,   │     │ a failure
///         │                                        or a good probe     ▼     │
///         └──────────────────── so many successes ──────────────────── probing
///
/// A probe speaks only of ejections whose last failure was a broken connection.
/// While probing, as many requests at once as successes admit (`BreakerTrial`); what becomes of
/// others, which were under way before or are sent although it is ejected, changes nothing then. An
/// ejection that follows a failed trial lasts as often as long as there were ejections since the
/// worker was last admitted, up to `BreakerSettings.longestEjection`, as Envoy's do; a good probe
/// ends it not before a pause, 1 s at first, that doubles likewise.
struct BreakerStateMachine {
  /// Before a good probe ends an ejection.
  private static let firstPause: Duration = .seconds(1)

  private enum Phase {
    case admitting
    case ejected(since: Instant, until: Instant, byConnection: Bool)
    case probing(trials: Int, successes: Int)
  }

  private var phase = Phase.admitting
  private var row = FailureRow()
  /// Ejections since it was last admitted.
  private var ejections = 0
  /// The number of the last time of probing.
  private var period: UInt32 = 0
  /// As of the last failure; without one nothing of it matters.
  private var settings = BreakerSettings()

  /// The state, by its name.
  var state: BreakerState {
    switch phase {
    case .admitting: .admitting
    case .ejected: .ejected
    case .probing: .probing
    }
  }

  /// Whether it is admitting with nothing against it.
  var isClean: Bool { state == .admitting && row.isEmpty }

  /// Whether a further request may try it.
  var hasRoom: Bool {
    guard case .probing(let trials, _) = phase else { return false }
    return trials < settings.successThreshold
  }

  /// When the ejection's time is over; nil while it is not ejected.
  var ejectedUntil: Instant? {
    guard case .ejected(_, let until, _) = phase else { return nil }
    return until
  }

  /// Whether a good probe may end the ejection.
  var awaitsProbe: Bool {
    guard case .ejected(_, _, let byConnection) = phase else { return false }
    return byConnection
  }
}

// MARK: - Requests

extension BreakerStateMachine {
  /// Lets a leg to it; it is a trial if the worker is being tried and there is room.
  mutating func enter() -> BreakerTrial {
    guard hasRoom, case .probing(let trials, let successes) = phase else { return .none }
    phase = .probing(trials: trials + 1, successes: successes)
    return BreakerTrial(period: period, isOut: true)
  }

  /// The leg has shown that the worker works, by a first token or to its end.
  mutating func succeeded(_ trial: inout BreakerTrial) -> BreakerChange? {
    let wasOut = trial.end()
    switch phase {
    case .admitting:
      row.end()
      return nil
    case .probing(let trials, let successes) where wasOut && trial.period == period:
      guard successes + 1 < settings.successThreshold else { return admit() }
      phase = .probing(trials: trials - 1, successes: successes + 1)
      return nil
    case .ejected, .probing: return nil
    }
  }

  /// The leg failed, by the worker's fault.
  mutating func failed(
    _ failure: BreakerFailure, _ trial: inout BreakerTrial, now: Instant,
    by settings: BreakerSettings
  ) -> BreakerChange? {
    self.settings = settings
    _ = trial.end()
    switch phase {
    case .admitting:
      return row.note(failure, now: now, by: settings) ? eject(failure, now) : nil
    case .probing where trial.period == period: return eject(failure, now)
    case .ejected, .probing: return nil
    }
  }

  /// The leg has ended without a word on the worker.
  mutating func left(_ trial: inout BreakerTrial) {
    guard trial.end(), trial.period == period, case .probing(let trials, let successes) = phase
    else { return }
    precondition(trials > 0, "a trial that is out is counted")
    phase = .probing(trials: trials - 1, successes: successes)
  }
}

// MARK: - Time and probes

extension BreakerStateMachine {
  /// It is `now`: an ejection may be over.
  mutating func look(now: Instant) -> BreakerChange? {
    guard case .ejected(_, let until, _) = phase, now >= until else { return nil }
    return tryOut()
  }

  /// The engine answered a probe well.
  mutating func probed(now: Instant) -> BreakerChange? {
    guard case .ejected(let since, _, byConnection: true) = phase else { return nil }
    let pause = BreakerStateMachine.firstPause * (1 << min(ejections - 1, 16))
    return now - since >= pause ? tryOut() : look(now: now)
  }

  private mutating func eject(_ failure: BreakerFailure, _ now: Instant) -> BreakerChange {
    let change = BreakerChange(from: state, to: .ejected)
    ejections = min(ejections + 1, 1024)
    let longest = max(settings.timeout, BreakerSettings.longestEjection)
    let lasts = min(settings.timeout * min(ejections, 16), longest)
    phase = .ejected(since: now, until: now + lasts, byConnection: failure == .connection)
    row.end()
    return change
  }

  private mutating func tryOut() -> BreakerChange {
    period = period == .max ? 1 : period + 1
    phase = .probing(trials: 0, successes: 0)
    return BreakerChange(from: .ejected, to: .probing)
  }

  private mutating func admit() -> BreakerChange {
    phase = .admitting
    ejections = 0
    return BreakerChange(from: .probing, to: .admitting)
  }
}
