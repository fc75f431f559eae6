import Testing
import Vocabulary

@testable import PDRouter

struct ConnectionPoolTests {
  private final class Connection {}

  /// A pool behind a reference, so that its calls may stand inside of expectations.
  private final class Book {
    private var pool: ConnectionPool<Connection>
    var idleCount: Int { pool.idleCount }
    var leased: Int { pool.leased }

    init(limit: Int, idleLimit: Int) {
      pool = ConnectionPool(limit: limit, idleLimit: idleLimit, idleTimeout: .seconds(3))
    }

    func lease(now: Instant, fresh: Bool = false) -> ConnectionPool<Connection>.Lease {
      pool.lease(now: now, fresh: fresh)
    }
    func park(_ connection: Connection, now: Instant) -> Bool {
      pool.park(connection, now: now)
    }
    func endLease() { pool.endLease() }
    func forgetIdle(_ connection: Connection) { pool.forgetIdle(connection) }
    func takeExpired(now: Instant) -> Connection? { pool.takeExpired(now: now) }
    func takeAny() -> Connection? { pool.takeAny() }
  }

  private func pool(limit: Int = 4, idleLimit: Int = 4) -> Book {
    Book(limit: limit, idleLimit: idleLimit)
  }

  /// The reused connection of a lease; nil for the two other outcomes.
  private func reused(_ lease: ConnectionPool<Connection>.Lease) -> Connection? {
    if case .reuse(let connection) = lease { connection } else { nil }
  }

  private func connects(_ lease: ConnectionPool<Connection>.Lease) -> Bool {
    if case .connect = lease { true } else { false }
  }

  private func isRefused(_ lease: ConnectionPool<Connection>.Lease) -> Bool {
    if case .refused = lease { true } else { false }
  }

  @Test func `an empty pool asks for a connection and counts it`() {
    let pool = pool()
    #expect(connects(pool.lease(now: at(0))))
    #expect(pool.leased == 1 && pool.idleCount == 0)
  }

  @Test func `the connection parked last is reused first`() {
    let pool = pool()
    let (one, two) = (Connection(), Connection())
    for connection in [one, two] {
      _ = pool.lease(now: at(0), fresh: true)
      #expect(pool.park(connection, now: at(0)))
    }
    #expect(reused(pool.lease(now: at(1))) === two)
    #expect(reused(pool.lease(now: at(1))) === one)
    #expect(connects(pool.lease(now: at(1))))
    #expect(pool.leased == 3)
  }

  @Test func `a fresh connection passes over the idle ones`() {
    let pool = pool()
    _ = pool.lease(now: at(0))
    _ = pool.park(Connection(), now: at(0))
    #expect(connects(pool.lease(now: at(1), fresh: true)))
    #expect(pool.idleCount == 1)
  }

  @Test func `a connection idle for the whole time-out is not reused`() {
    let pool = pool()
    let connection = Connection()
    _ = pool.lease(now: at(0))
    _ = pool.park(connection, now: at(0))
    #expect(reused(pool.lease(now: at(2_999))) === connection)
    _ = pool.park(connection, now: at(2_999))
    #expect(connects(pool.lease(now: at(5_999))))
  }

  @Test func `at the limit a lease is refused until one ends`() {
    let pool = pool(limit: 2)
    _ = pool.lease(now: at(0))
    _ = pool.lease(now: at(0))
    #expect(isRefused(pool.lease(now: at(0))))
    #expect(pool.leased == 2)
    pool.endLease()
    #expect(connects(pool.lease(now: at(0))))
  }

  @Test func `idle connections do not count against the limit`() {
    let pool = pool(limit: 1)
    _ = pool.lease(now: at(0))
    _ = pool.park(Connection(), now: at(0))
    #expect(connects(pool.lease(now: at(0), fresh: true)))
  }

  @Test func `beyond the idle limit a connection is not kept, and its lease has ended`() {
    let pool = pool(idleLimit: 1)
    _ = pool.lease(now: at(0))
    _ = pool.lease(now: at(0))
    #expect(pool.park(Connection(), now: at(0)))
    #expect(!pool.park(Connection(), now: at(0)))
    #expect(pool.leased == 0 && pool.idleCount == 1)
  }

  @Test func `the expired are taken oldest first and no younger one with them`() {
    let pool = pool()
    let connections = (0..<3).map { _ in Connection() }
    for _ in connections { _ = pool.lease(now: at(0), fresh: true) }
    for (second, connection) in connections.enumerated() {
      _ = pool.park(connection, now: at(Int64(second) * 1000))
    }
    #expect(pool.takeExpired(now: at(2_999)) == nil)
    #expect(pool.takeExpired(now: at(4_000)) === connections[0])
    #expect(pool.takeExpired(now: at(4_000)) === connections[1])
    #expect(pool.takeExpired(now: at(4_000)) == nil)
    #expect(pool.idleCount == 1)
  }

  @Test func `a forgotten connection is never given out`() {
    let pool = pool()
    let (one, two) = (Connection(), Connection())
    for connection in [one, two] {
      _ = pool.lease(now: at(0), fresh: true)
      _ = pool.park(connection, now: at(0))
    }
    pool.forgetIdle(two)
    #expect(reused(pool.lease(now: at(0))) === one)
    #expect(pool.takeAny() == nil)
  }

  @Test func `all idle connections can be taken one by one`() {
    let pool = pool()
    for _ in 0..<3 { _ = pool.lease(now: at(0), fresh: true) }
    for _ in 0..<3 { _ = pool.park(Connection(), now: at(0)) }
    var count = 0
    while pool.takeAny() != nil { count += 1 }
    #expect(count == 3 && pool.idleCount == 0)
  }

  @Test func `ending a lease that is none stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var pool = ConnectionPool<Connection>(limit: 1, idleLimit: 1, idleTimeout: .seconds(1))
      pool.endLease()
    }
  }
}
