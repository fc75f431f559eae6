import Testing
import Vocabulary

@testable import Policies

struct SessionTableTests {
  private static func worker(_ number: Int) -> WorkerID { WorkerID(number: UInt32(number)) }

  private static func time(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

  @Test func `the session used longest ago makes room when the table is full`() {
    let table = SessionTable(expiry: .seconds(1000), capacity: 4)
    for key in 0..<4 as Range<UInt64> {
      table.note(key, on: Self.worker(0), now: Self.time(Int(key)))
    }
    table.note(0, on: Self.worker(0), now: Self.time(5))
    table.note(9, on: Self.worker(1), now: Self.time(6))
    #expect(table.count == 4)
    #expect(table.worker(of: 1, now: Self.time(6)) == nil)
    #expect(table.worker(of: 0, now: Self.time(6)) == Self.worker(0))
    #expect(table.worker(of: 9, now: Self.time(6)) == Self.worker(1))
    #expect(table.sessions(of: Self.worker(0)) == 3)
  }

  @Test func `expired sessions stop counting, a few with each request that comes`() {
    let table = SessionTable(expiry: .seconds(10), capacity: 1000)
    for key in 0..<100 as Range<UInt64> { table.note(key, on: Self.worker(7), now: .zero) }
    table.note(1000, on: Self.worker(8), now: Self.time(10))
    #expect(table.sessions(of: Self.worker(7)) == 100 - SessionTable.sweep)
    for _ in 0..<6 { table.note(1000, on: Self.worker(8), now: Self.time(10)) }
    #expect(table.sessions(of: Self.worker(7)) == 0)
    #expect(table.count == 1)
  }

  @Test func `a session is unknown from its expiry on, to the nanosecond`() {
    let table = SessionTable(expiry: .seconds(10), capacity: 10)
    table.note(1, on: Self.worker(0), now: Self.time(5))
    #expect(
      table.worker(of: 1, now: Instant(nanoseconds: 14_999_999_999)) == Self.worker(0))
    #expect(table.worker(of: 1, now: Self.time(15)) == nil)
    #expect(table.worker(of: 2, now: Self.time(5)) == nil)
  }

  @Test func `an expiry of nothing remembers nothing`() {
    let table = SessionTable(expiry: .zero, capacity: 10)
    table.note(1, on: Self.worker(0), now: .zero)
    #expect(table.worker(of: 1, now: .zero) == nil)
  }

  /// Fingerprints of few buckets, a small table and coarse time, so that every branch is met.
  @Test(arguments: [1, 3, 8, 50])
  func `a table does what a list in order of use does`(capacity: Int) {
    let table = SessionTable(expiry: .seconds(20), capacity: capacity)
    var model: [(key: UInt64, worker: Int, used: Int)] = []
    var generator = SplitMix64(seed: UInt64(capacity))
    var now = 0
    for _ in 0..<20_000 {
      if generator.next() % 4 == 0 { now += Int(generator.next() % 5) }
      // Sixteen sweeps keep pace here, so the model may forget at once.
      let key = (generator.next() % 40) << 4
      let known = model.firstIndex { $0.key == key }
      switch generator.next() % 8 {
      case 0:
        #expect(table.finish(key) == (known != nil))
        if let known { model.remove(at: known) }
      case 1...2:
        let isAlive = known.map { model[$0].used + 20 > now } ?? false
        let expected = isAlive ? known.map { Self.worker(model[$0].worker) } : nil
        #expect(table.worker(of: key, now: Self.time(now)) == expected)
      default:
        let worker = Int(generator.next() % 6)
        table.note(key, on: Self.worker(worker), now: Self.time(now))
        for _ in 0..<SessionTable.sweep {
          if let oldest = model.first, oldest.used + 20 <= now { model.removeFirst() }
        }
        if let known = model.firstIndex(where: { $0.key == key }) {
          model.remove(at: known)
        } else if model.count == capacity {
          model.removeFirst()
        }
        model.append((key, worker, now))
      }
      #expect(table.count == model.count)
    }
    for worker in 0..<6 {
      #expect(
        table.sessions(of: Self.worker(worker)) == model.count { $0.worker == worker })
    }
  }

  @Test func `several threads lose no session`() async {
    let table = SessionTable(expiry: .seconds(1000), capacity: 10_000)
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask {
          for key in 0..<1000 {
            table.note(UInt64(thread * 1000 + key), on: Self.worker(key % 8), now: .zero)
            if key % 10 == 9 { table.finish(UInt64(thread * 1000 + key)) }
          }
        }
      }
    }
    #expect(table.count == 3600)
    #expect((0..<8).reduce(0) { $0 + table.sessions(of: Self.worker($1)) } == 3600)
  }

  @Test func `an id has one fingerprint however its bytes are stored`() {
    let id = Array("conversation-1".utf8)
    let fingerprint = SessionTable.fingerprint(of: id)
    #expect(SessionTable.fingerprint(of: "conversation-1".utf8) == fingerprint)
    #expect(SessionTable.fingerprint(of: ([0] + id)[1...]) == fingerprint)
    #expect(SessionTable.fingerprint(of: id.lazy.map { $0 }) == fingerprint)
    #expect(SessionTable.fingerprint(of: "conversation-2".utf8) != fingerprint)
  }
}
