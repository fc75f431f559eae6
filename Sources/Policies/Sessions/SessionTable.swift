public import Vocabulary

/// Which worker each session of one leg was routed to last, for all loops together.
///
/// A session that is not heard of for `expiry` is forgotten; so is the one used longest ago when
/// there are `capacity`. Expired ones are swept out a few with every request that brings a session,
/// oldest first, so the sweep keeps pace and never stops a loop. A session is known by a 64-bit
/// fingerprint of its id, keyed with a secret of the process, so that clients cannot make ids that
/// meet; two that do all the same share a worker. One lock, held for some 0.1 µs (for a new session
/// also a pass over the candidates). Memory: 40 bytes a session, none before the first.
public final class SessionTable: Sendable {
  /// Expired sessions that one request sweeps out, at most: far more than it can bring.
  static let sweep = 16

  /// How long a session that is not heard of keeps its worker.
  public let expiry: Duration
  /// How many sessions are kept.
  public let capacity: Int
  private let state: Guarded<State>

  private struct State: ~Copyable {
    var slab: SessionSlab
    var counts = SessionCounts()
  }

  /// A table without sessions; `expiry` is not negative, `capacity` from 1 to 2^30.
  public init(expiry: Duration, capacity: Int) {
    precondition(expiry >= .zero, "time goes forward")
    self.expiry = expiry
    self.capacity = capacity
    state = Guarded(State(slab: SessionSlab(capacity: capacity)))
  }

  /// What a session is known by, from its id as the client wrote it.
  public static func fingerprint(of id: some Sequence<UInt8>) -> UInt64 {
    var hasher = Hasher()
    let isWhole: Void? = id.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if isWhole == nil {
      let copy = Array(id)
      copy.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// How many sessions are kept now, expired ones that were not swept out yet among them.
  public var count: Int { state.withLock { $0.slab.count } }

  /// How many sessions `worker` has now.
  public func sessions(of worker: WorkerID) -> Int {
    state.withLock { $0.counts.sessions(of: worker) }
  }

  /// The worker the session was routed to last; nil when it is unknown or expired at `now`.
  public func worker(of fingerprint: UInt64, now: Instant) -> WorkerID? {
    state.withLock { state in
      guard let place = state.slab.place(of: fingerprint),
        state.slab.lastUse(at: place) + expiry > now
      else { return nil }
      return state.slab.worker(at: place)
    }
  }

  /// Notes that the session was routed to `worker`: a new one, a known one heard of again, or one
  /// that moves.
  public func note(_ fingerprint: UInt64, on worker: WorkerID, now: Instant) {
    state.withLock { state in
      sweep(&state, now: now)
      if let place = state.slab.place(of: fingerprint) {
        let old = state.slab.worker(at: place)
        state.slab.use(place, by: worker, at: now)
        guard old != worker else { return }
        state.counts.remove(old)
      } else {
        if state.slab.isFull { SessionTable.removeOldest(&state) }
        state.slab.add(fingerprint, on: worker, at: now)
      }
      state.counts.add(worker)
    }
  }

  /// Forgets the session; whether it was known.
  @discardableResult
  public func finish(_ fingerprint: UInt64) -> Bool {
    state.withLock { state in
      guard let place = state.slab.place(of: fingerprint) else { return false }
      state.counts.remove(state.slab.worker(at: place))
      state.slab.remove(place)
      return true
    }
  }

  /// The places of the candidates for which sessions and `extra` together are fewest, ascending,
  /// and how many that is.
  func fewest(
    among candidates: UnsafeBufferPointer<WorkerSnapshot>, into places: inout [Int],
    adding extra: (_ place: Int) -> Int
  ) -> Int {
    state.withLock { $0.counts.fewest(among: candidates, into: &places, adding: extra) }
  }

  private func sweep(_ state: inout State, now: Instant) {
    for _ in 0..<SessionTable.sweep {
      guard let oldest = state.slab.oldestPlace,
        state.slab.lastUse(at: oldest) + expiry <= now
      else { return }
      SessionTable.removeOldest(&state)
    }
  }

  private static func removeOldest(_ state: inout State) {
    guard let oldest = state.slab.oldestPlace else {
      preconditionFailure("there is a session to make room")
    }
    state.counts.remove(state.slab.worker(at: oldest))
    state.slab.remove(oldest)
  }
}
