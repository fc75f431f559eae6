import Testing
import Vocabulary

@testable import PDRouter

struct MultiplexedPoolTests {
  private final class Connection {}

  /// A pool behind a reference, so that its calls may stand inside of expectations.
  private final class Book {
    private var pool: MultiplexedPool<Connection>

    init(limit: Int, idleTimeout: Duration) {
      pool = MultiplexedPool(limit: limit, idleTimeout: idleTimeout)
    }

    var count: Int { pool.count }
    var idleCount: Int { pool.idleCount }
    var liveCount: Int { pool.liveCount }

    /// What the lease says: the connection, or a word.
    func lease(_ milliseconds: Int64 = 0, fresh: Bool = false) -> Connection? {
      if case .open(let connection) = pool.lease(now: at(milliseconds), fresh: fresh) {
        return connection
      }
      return nil
    }

    func connects(_ milliseconds: Int64 = 0, fresh: Bool = false) -> Bool {
      if case .connect = pool.lease(now: at(milliseconds), fresh: fresh) { true } else { false }
    }

    func isRefused(_ milliseconds: Int64 = 0) -> Bool {
      if case .refused = pool.lease(now: at(milliseconds)) { true } else { false }
    }

    /// A new connection with one stream that the worker allows `limit`.
    func connect(_ limit: Int? = nil) -> Connection {
      let connection = Connection()
      pool.add(connection)
      if let limit { pool.note(limit: limit, of: connection) }
      return connection
    }

    func note(limit: Int, of connection: Connection) { pool.note(limit: limit, of: connection) }
    func noteHeard(_ connection: Connection) { pool.noteHeard(connection) }
    func mayBeStale(_ connection: Connection) -> Bool { pool.mayBeStale(connection) }
    func end(_ connection: Connection, _ milliseconds: Int64 = 0) -> Bool {
      pool.endLease(on: connection, now: at(milliseconds))
    }
    func leave(_ connection: Connection) -> Bool { pool.noteLeaving(connection) }
    func remove(_ connection: Connection) { pool.remove(connection) }
    func takeExpired(_ milliseconds: Int64) -> Connection? {
      pool.takeExpired(now: at(milliseconds))
    }
    func takeIdle() -> Connection? { pool.takeIdle() }
  }

  private func pool(limit: Int = 4, idle: Duration = .seconds(3)) -> Book {
    Book(limit: limit, idleTimeout: idle)
  }

  @Test func `an empty pool asks for a connection, which then carries a hundred streams`() {
    let pool = pool()
    #expect(pool.connects())
    let connection = pool.connect()
    for _ in 1..<100 { #expect(pool.lease() === connection) }
    #expect(pool.liveCount == 100 && pool.connects())
  }

  @Test func `a worker's own limit counts once it is told, and for the next connection`() {
    let pool = pool()
    let one = pool.connect(2)
    #expect(pool.lease() === one)
    #expect(pool.connects())
    let two = pool.connect()
    #expect(pool.lease() === two)
    #expect(pool.connects())
    pool.note(limit: 3, of: one)
    #expect(pool.lease() === one)
  }

  @Test(arguments: [(1000, 256), (Int(Int32.max), 256), (Int.max, 256), (7, 7), (0, 1), (-1, 1)])
  func `a limit is taken up to the pool's own, and none at all stops a connection`(
    told: Int, expected: Int
  ) {
    let pool = pool()
    let connection = pool.connect(told)
    var streams = 1
    while pool.lease() === connection { streams += 1 }
    #expect(streams == expected)
  }

  @Test func `after a worker that allows nothing a new connection is still tried with one stream`()
  {
    let pool = pool()
    _ = pool.connect(0)
    #expect(pool.connects())
    let next = pool.connect()
    #expect(pool.connects() && pool.liveCount == 2)
    pool.note(limit: 5, of: next)
    #expect(pool.lease() === next)
  }

  @Test func `the least full connection is taken, the oldest among equals`() {
    let pool = pool()
    let (one, two) = (pool.connect(10), pool.connect(10))
    #expect(pool.lease() === one)
    #expect(pool.lease() === two)
    #expect(pool.lease() === one)
    #expect(pool.end(one) && pool.end(one))
    #expect(pool.lease() === one)
  }

  @Test func `beyond the limit of connections a stream is refused until one ends`() {
    let pool = pool(limit: 2)
    let (one, two) = (pool.connect(1), pool.connect(1))
    #expect(pool.isRefused())
    #expect(pool.end(two))
    #expect(pool.lease() === two)
    pool.remove(one)
    #expect(pool.connects())
  }

  @Test func `a connection that is leaving takes no stream and is closed after its last one`() {
    let pool = pool()
    let connection = pool.connect()
    #expect(pool.lease() === connection)
    #expect(pool.leave(connection))
    #expect(pool.connects())
    #expect(pool.end(connection))
    #expect(!pool.end(connection))
    #expect(pool.count == 0)
  }

  @Test func `an idle connection that leaves is closed at once`() {
    let pool = pool()
    let connection = pool.connect()
    #expect(pool.end(connection))
    #expect(!pool.leave(connection) && pool.count == 0)
    #expect(pool.leave(connection), "a connection that is out of the book is nobody's to close")
  }

  @Test func `a connection idle for the whole time-out is not used, and expires`() {
    let pool = pool()
    let connection = pool.connect()
    #expect(pool.end(connection, 1_000))
    #expect(pool.takeExpired(3_999) == nil)
    #expect(pool.lease(3_999) === connection)
    #expect(pool.takeExpired(60_000) == nil, "it is in use")
    #expect(pool.end(connection, 60_000))
    #expect(pool.connects(63_000))
    #expect(pool.takeExpired(63_000) === connection)
    #expect(pool.count == 0)
  }

  @Test func `without an idle time a connection ends with its last stream`() {
    let pool = pool(idle: .zero)
    let connection = pool.connect()
    #expect(pool.lease() === connection)
    #expect(pool.end(connection))
    #expect(!pool.end(connection) && pool.count == 0)
  }

  @Test func `a connection taken up again may be stale until it is heard`() {
    let pool = pool()
    let connection = pool.connect()
    #expect(!pool.mayBeStale(connection))
    #expect(pool.end(connection))
    #expect(pool.lease() === connection)
    #expect(pool.mayBeStale(connection))
    #expect(pool.lease() === connection, "others may try it too")
    #expect(pool.connects(fresh: true))
    pool.noteHeard(connection)
    #expect(!pool.mayBeStale(connection))
    #expect(pool.lease(fresh: true) === connection)
  }

  @Test func `a fresh stream passes over an idle connection, not over a new one`() {
    let pool = pool()
    let used = pool.connect()
    #expect(pool.end(used))
    #expect(pool.connects(fresh: true))
    let new = pool.connect()
    #expect(pool.lease(fresh: true) === new)
  }

  @Test func `all idle connections can be taken one by one, and no busy one`() {
    let pool = pool()
    let (one, two) = (pool.connect(), pool.connect())
    #expect(pool.end(one))
    #expect(pool.idleCount == 1 && pool.takeIdle() === one && pool.takeIdle() == nil)
    #expect(pool.count == 1)
    pool.remove(two)
    #expect(pool.count == 0 && pool.liveCount == 0)
  }

  @Test func `ending a stream that is none stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var pool = MultiplexedPool<Connection>(limit: 1, idleTimeout: .seconds(1))
      let connection = Connection()
      pool.add(connection)
      _ = pool.endLease(on: connection, now: .zero)
      _ = pool.endLease(on: connection, now: .zero)
    }
  }
}
