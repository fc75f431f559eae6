internal import Synchronization
internal import Vocabulary

/// What all loops share of admission: how many requests are in, how many wait, and on which loop
/// somebody's turn is next.
///
/// Atomics only. A request that finds room costs one compare-and-exchange when it comes and one
/// addition when it ends. No wake-up is ever lost: whoever begins to wait shows it first and tries
/// again then, and whoever makes room looks for those that wait after that; each step is
/// sequentially consistent, so one of the two sees the other. A slot is held by exactly one
/// request, or is on its way to another loop in a letter.
public final class AdmissionGate: Sendable {
  /// Loops that may share a gate.
  static let mostLoops = 256
  /// Turns on two loops that are closer than this are not worth a letter: a loop serves its own.
  static let tolerance = Duration.milliseconds(10)

  /// What came of asking to be let in.
  enum Permit: Equatable {
    /// A slot is taken, and a token where there is a rate.
    case taken
    /// All slots are in use.
    case full
    /// The rate is used up; when the next token is due.
    case tokenDue(Instant)
  }

  let settings: AdmissionSettings
  private let bucket: TokenBucket?
  /// Slots in use in the lower half, in the upper half slots that came free (modulo 2^32): one
  /// addition counts both.
  private let slots = Atomic<UInt64>(0)
  private let waiters = Atomic<Int>(0)
  /// How many slots there are, and how many may wait.
  private let slotLimit: Atomic<Int>
  private let queueLimit: Atomic<Int>
  /// For each loop the turn of the first that waits there, in nanoseconds.
  nonisolated(unsafe) private let turns: UnsafeMutablePointer<Atomic<Int64>>

  /// A gate through which nobody has gone yet.
  ///
  /// Precondition: `settings` have no faults.
  public init(_ settings: AdmissionSettings) {
    precondition(settings.faults.isEmpty, "\(settings.faults)")
    self.settings = settings
    slotLimit = Atomic(settings.maxConcurrentRequests)
    queueLimit = Atomic(settings.queueSize)
    bucket = settings.requestsPerSecond.map {
      TokenBucket(capacity: settings.maxConcurrentRequests, perSecond: $0)
    }
    turns = .allocate(capacity: AdmissionGate.mostLoops)
    for loop in 0..<AdmissionGate.mostLoops {
      (turns + loop).initialize(to: Atomic(Instant.distantFuture.nanoseconds))
    }
  }

  deinit {
    turns.deinitialize(count: AdmissionGate.mostLoops)
    turns.deallocate()
  }

  /// Requests that were let in and have not ended.
  public var inFlight: Int {
    Int(truncatingIfNeeded: slots.load(ordering: .sequentiallyConsistent) & 0xFFFF_FFFF)
  }

  /// Requests that wait, over all loops.
  public var waiting: Int { waiters.load(ordering: .sequentiallyConsistent) }

  /// Slots that have come free so far, modulo 2^32.
  var freed: UInt32 { UInt32(truncatingIfNeeded: slots.load(ordering: .relaxed) >> 32) }

  /// Whether all slots are in use.
  var isFull: Bool { inFlight >= maxConcurrentRequests }

  /// How many requests may be in flight.
  var maxConcurrentRequests: Int { slotLimit.load(ordering: .relaxed) }

  /// Lets so many in, and so many wait, from now on; those beyond it are not sent away.
  func take(maxConcurrentRequests: Int, queueSize: Int) {
    precondition(maxConcurrentRequests > 0 && queueSize >= 0, "validated before")
    slotLimit.store(maxConcurrentRequests, ordering: .relaxed)
    queueLimit.store(queueSize, ordering: .relaxed)
  }

  /// How long until so many tokens more will have come; zero where there is no rate.
  func tokenWait(for count: Int, now: Instant) -> Duration {
    bucket?.wait(forTokens: count, now: now) ?? .zero
  }
}

// MARK: - Slots and tokens

extension AdmissionGate {
  /// Takes a slot and a token.
  ///
  /// The token first: one that is put back is missed for as long as one takes to come, a slot that
  /// is held for a moment could be missed for good.
  func take(now: Instant) -> Permit {
    if let due = bucket?.take(now: now) { return .tokenDue(due) }
    if takeSlot() { return .taken }
    bucket?.putBack()
    return .full
  }

  /// Takes a slot for a request of the router's own.
  func takeSlot() -> Bool {
    let limit = UInt64(maxConcurrentRequests)
    var seen = slots.load(ordering: .relaxed)
    while seen & 0xFFFF_FFFF < limit {
      let (isTaken, current) = slots.weakCompareExchange(
        expected: seen, desired: seen &+ 1, ordering: .sequentiallyConsistent)
      if isTaken { return true }
      seen = current
    }
    return false
  }

  /// The request that held a slot has ended.
  func giveBackSlot() {
    // One less below, one more above.
    let old = slots.wrappingAdd((1 << 32) - 1, ordering: .sequentiallyConsistent).oldValue
    precondition(old & 0xFFFF_FFFF > 0, "a slot is given back once")
  }

  /// A permit that let nobody in.
  func putBack() {
    let old = slots.wrappingSubtract(1, ordering: .sequentiallyConsistent).oldValue
    precondition(old & 0xFFFF_FFFF > 0, "a permit is put back once")
    bucket?.putBack()
  }
}

// MARK: - Those that wait

extension AdmissionGate {
  /// Counts one more in that waits; false when as many wait as may.
  func beginWaiting() -> Bool {
    var seen = waiters.load(ordering: .relaxed)
    let limit = queueLimit.load(ordering: .relaxed)
    while seen < limit {
      let (isCounted, current) = waiters.weakCompareExchange(
        expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
      if isCounted { return true }
      seen = current
    }
    return false
  }

  /// One that waited waits no more.
  func endWaiting() {
    let old = waiters.wrappingSubtract(1, ordering: .sequentiallyConsistent).oldValue
    precondition(old > 0, "a wait ends once")
  }

  /// Shows all loops whose turn is next on loop number `loop`; the distant future for nobody's.
  func show(_ turn: Instant, on loop: Int) {
    precondition(loop >= 0 && loop < AdmissionGate.mostLoops)
    turns[loop].store(turn.nanoseconds, ordering: .sequentiallyConsistent)
  }

  /// The loop where somebody's turn is before `own`, by more than the tolerance; nil when there is
  /// none.
  ///
  /// - Parameters:
  ///   - own: the first turn of the loop that asks; the distant future where nobody waits there.
  ///   - asker: its number.
  func loopAhead(of own: Instant, asker: Int) -> Int? {
    var first = own == .distantFuture ? own : own + (.zero - AdmissionGate.tolerance)
    var found: Int?
    for loop in 0..<AdmissionGate.mostLoops where loop != asker {
      let turn = Instant(nanoseconds: turns[loop].load(ordering: .sequentiallyConsistent))
      if turn < first { (first, found) = (turn, loop) }
    }
    return found
  }
}
