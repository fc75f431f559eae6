internal import Vocabulary

/// On which of one worker's connections the next stream is opened, where a connection carries many:
/// a pure book.
///
/// The least full connection is taken, the oldest among equals, so that a pool shrinks after a
/// burst. Holds no sockets: `WorkerPool` does what it says. Costs a look at each connection, which
/// are few: one for as many streams as the worker allows.
struct MultiplexedPool<Connection: AnyObject> {
  /// How a leg gets its stream.
  enum Lease {
    /// On this connection, which may still be connecting.
    case open(Connection)
    /// On a new connection, which is to be added.
    case connect
    /// The limit of connections is reached, and all of them are full.
    case refused
  }

  private struct Entry {
    let connection: Connection
    /// Streams that the worker allows.
    var limit: Int
    /// Streams open or waiting to be.
    var live: Int
    /// Since when it has had none.
    var idleSince = Instant.zero
    var isLeaving = false
    /// Whether it has carried streams, had none for a while, and was not heard of since it has some
    /// again: the worker may have closed it meanwhile.
    var mayBeStale = false
    var wasUsed = false
  }

  /// Streams of a connection whose worker has not said how many it allows (RFC 9113 §6.5.2
  /// recommends no fewer).
  static var assumedLimit: Int { 100 }
  /// Streams of one connection whatever the worker allows: one lost packet holds all of them up.
  static var highestLimit: Int { 256 }

  private let limit: Int
  /// How long a connection without streams is kept.
  var idleTimeout: Duration
  /// In the order in which they were made.
  private var entries: [Entry] = []
  /// What a new connection is taken to allow: what the last one did.
  private var expectedLimit = MultiplexedPool.assumedLimit

  /// A pool of at most `limit` connections.
  init(limit: Int, idleTimeout: Duration) {
    precondition(limit > 0)
    self.limit = limit
    self.idleTimeout = idleTimeout
  }

  /// Connections, connecting and leaving ones included.
  var count: Int { entries.count }

  /// All of them.
  var connections: [Connection] { entries.map(\.connection) }

  /// Of these, the ones without a stream.
  var idleCount: Int { entries.count { $0.live == 0 } }

  /// Streams over all connections.
  var liveCount: Int { entries.reduce(0) { $0 + $1.live } }

  /// A stream for a leg, counted at once; `fresh` passes over connections that the worker may have
  /// closed.
  mutating func lease(now: Instant, fresh: Bool = false) -> Lease {
    var best: Int?
    for place in entries.indices {
      guard isOpen(entries[place], now: now, fresh: fresh) else { continue }
      if let best, entries[best].live <= entries[place].live { continue }
      best = place
    }
    guard let best else { return entries.count < limit ? .connect : .refused }
    if entries[best].live == 0 { entries[best].mayBeStale = entries[best].wasUsed }
    entries[best].live += 1
    return .open(entries[best].connection)
  }

  private func isOpen(_ entry: Entry, now: Instant, fresh: Bool) -> Bool {
    guard !entry.isLeaving, entry.live < entry.limit else { return false }
    if entry.live > 0 { return !fresh || !entry.mayBeStale }
    return now - entry.idleSince < idleTimeout && !(fresh && entry.wasUsed)
  }

  /// Adds a connection with its first stream.
  mutating func add(_ connection: Connection) {
    precondition(entries.count < limit, "a connection is added when there is room")
    entries.append(Entry(connection: connection, limit: expectedLimit, live: 1))
  }

  /// The worker has said how many streams it allows on `connection`.
  mutating func note(limit: Int, of connection: Connection) {
    let limit = min(max(limit, 0), MultiplexedPool.highestLimit)
    // Nobody who allows nothing at all could ever be asked what it allows now.
    expectedLimit = max(1, min(limit, MultiplexedPool.assumedLimit))
    if let place = place(of: connection) { entries[place].limit = limit }
  }

  /// The worker was heard on `connection`, so it has not closed it.
  mutating func noteHeard(_ connection: Connection) {
    if let place = place(of: connection) { entries[place].mayBeStale = false }
  }

  /// Whether the worker may have closed `connection` before it was given its first stream.
  func mayBeStale(_ connection: Connection) -> Bool {
    place(of: connection).map { entries[$0].mayBeStale } ?? false
  }

  /// A stream of `connection` is over.
  ///
  /// - Returns: whether the connection is kept; otherwise it is out of the book, and the caller
  ///   closes it.
  mutating func endLease(on connection: Connection, now: Instant) -> Bool {
    guard let place = place(of: connection) else {
      preconditionFailure("a connection with streams is in the book")
    }
    entries[place].live -= 1
    precondition(entries[place].live >= 0, "a stream ends once")
    entries[place].wasUsed = true
    guard entries[place].live == 0 else { return true }
    entries[place].idleSince = now
    guard entries[place].isLeaving || idleTimeout <= .zero else { return true }
    entries.remove(at: place)
    return false
  }

  /// `connection` takes no more streams.
  ///
  /// - Returns: whether it is kept, for the streams it has; otherwise it is out of the book, and
  ///   the caller closes it.
  mutating func noteLeaving(_ connection: Connection) -> Bool {
    guard let place = place(of: connection) else { return true }
    entries[place].isLeaving = true
    guard entries[place].live == 0 else { return true }
    entries.remove(at: place)
    return false
  }

  /// `connection` is gone, with all its streams.
  mutating func remove(_ connection: Connection) {
    guard let place = place(of: connection) else { return }
    entries.remove(at: place)
  }

  /// The next connection that has had no stream for too long, out of the book; nil when there is
  /// none.
  mutating func takeExpired(now: Instant) -> Connection? {
    let idleTimeout = idleTimeout
    return take { $0.live == 0 && now - $0.idleSince >= idleTimeout }
  }

  /// Any connection without a stream, out of the book.
  mutating func takeIdle() -> Connection? {
    take { $0.live == 0 }
  }

  private mutating func take(where isMeant: (Entry) -> Bool) -> Connection? {
    guard let place = entries.firstIndex(where: isMeant) else { return nil }
    return entries.remove(at: place).connection
  }

  private func place(of connection: Connection) -> Int? {
    entries.firstIndex { $0.connection === connection }
  }
}
