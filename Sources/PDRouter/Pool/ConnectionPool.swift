internal import Vocabulary

/// Which of one worker's connections are idle, and whether another may be opened: a pure book.
///
/// Connections are reused newest first, so that the oldest run into their idle limit and the pool
/// shrinks after a burst. Holds no sockets: `WorkerPool` does what it says.
struct ConnectionPool<Connection: AnyObject> {
  /// How a leg gets its connection.
  enum Lease {
    case reuse(Connection)
    case connect
    /// The limit of open connections is reached.
    case refused
  }

  private struct Idle {
    let connection: Connection
    let since: Instant
  }

  private let limit: Int
  private let idleLimit: Int
  /// How long an idle connection is kept.
  var idleTimeout: Duration
  /// Oldest first.
  private var idle: [Idle] = []
  /// Connections that carry a leg, connecting ones included.
  private(set) var leased = 0

  /// A pool of at most `limit` connections in use and `idleLimit` idle ones.
  init(limit: Int, idleLimit: Int, idleTimeout: Duration) {
    precondition(limit > 0 && idleLimit >= 0)
    self.limit = limit
    self.idleLimit = idleLimit
    self.idleTimeout = idleTimeout
  }

  /// Connections without a leg.
  var idleCount: Int { idle.count }

  /// A connection for a leg; `fresh` passes over the idle ones (one of them was just found stale).
  mutating func lease(now: Instant, fresh: Bool = false) -> Lease {
    guard leased < limit else { return .refused }
    leased += 1
    if !fresh, let last = idle.last, now - last.since < idleTimeout {
      idle.removeLast()
      return .reuse(last.connection)
    }
    return .connect
  }

  /// A leased connection is done with its leg and could carry another.
  ///
  /// - Returns: whether it is kept; otherwise the caller closes it.
  mutating func park(_ connection: Connection, now: Instant) -> Bool {
    endLease()
    guard idleTimeout > .zero, idle.count < idleLimit else { return false }
    idle.append(Idle(connection: connection, since: now))
    return true
  }

  /// A leased connection is gone.
  mutating func endLease() {
    leased -= 1
    precondition(leased >= 0, "a lease ends once")
  }

  /// An idle connection is gone.
  mutating func forgetIdle(_ connection: Connection) {
    idle.removeAll { $0.connection === connection }
  }

  /// The next connection that was idle for too long, taken out of the pool; nil when there is none.
  mutating func takeExpired(now: Instant) -> Connection? {
    guard let oldest = idle.first, now - oldest.since >= idleTimeout else { return nil }
    idle.removeFirst()
    return oldest.connection
  }

  /// Any idle connection, taken out of the pool.
  mutating func takeAny() -> Connection? {
    idle.popLast()?.connection
  }
}
