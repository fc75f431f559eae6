import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

@Suite(.overHTTP2) struct HTTP2WorkerFailureTests {
  private func start(
    _ count: Int, _ pool: PoolWorld, _ configure: (LegWatcher) -> Void = { _ in }
  ) -> [LegWatcher] {
    (0..<count).map { _ in
      let watcher = LegWatcher()
      configure(watcher)
      #expect(pool.pool.start(watcher.leg))
      return watcher
    }
  }

  private func connections(_ pool: PoolWorld) -> [HTTP2EngineConnection] {
    pool.engine.http2?.connections ?? []
  }

  @Test(arguments: [false, true])
  func `when a connection breaks each of its legs hears of it once`(isReset: Bool) {
    let pool = PoolWorld { request in
      request.connection < 30
        ? [.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe")] : []
    }
    let legs = start(60, pool)
    pool.world.run(for: .milliseconds(20))
    if isReset { connections(pool)[0].die() } else { connections(pool)[0].close() }
    pool.world.run(for: .seconds(1))
    for (number, watcher) in legs.enumerated() {
      let expected: LegFailure = number < 30 ? .brokenWithinAnswer : .brokenBeforeAnswer
      #expect(watcher.failures == [expected] && watcher.endCount == 0 && !watcher.leg.isOut)
    }
    #expect(pool.pool.bufferedByteCount == 0 && pool.loop.streamCount == 0)
    #expect(connections(pool).count == 1, "what was fresh is not tried again")
  }

  @Test func `a leg that cancels others while its connection breaks spares them the news`() {
    let pool = PoolWorld { _ in [] }
    let legs = start(10, pool)
    pool.world.run(for: .milliseconds(20))
    legs[3].whenFailed = { _ in for other in legs[4...] { other.leg.cancel() } }
    connections(pool)[0].die()
    pool.world.run(for: .milliseconds(100))
    #expect(legs.map(\.failures.count) == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
  }

  @Test func `a connection found stale is replaced for all legs at once`() {
    let pool = PoolWorld { _ in [.send(RouterWorld.ok)] }
    pool.run()
    // The worker closes as the next legs are on their way.
    let legs = start(20, pool)
    connections(pool)[0].die()
    let careful = start(1, pool) { $0.leg.mayRepeat = false }
    pool.world.run(for: .seconds(1))
    #expect(legs.allSatisfy { $0.body == "ok" && $0.readyCount == 2 && $0.failures.isEmpty })
    #expect(careful[0].failures == [.brokenBeforeAnswer] || careful[0].body == "ok")
    #expect(connections(pool).count == 2)
  }

  @Test func `a stale connection is not tried again for a leg that may not repeat`() {
    let pool = PoolWorld { _ in [.send(RouterWorld.ok)] }
    pool.run()
    let legs = start(1, pool) { $0.leg.mayRepeat = false }
    connections(pool)[0].die()
    pool.world.run(for: .seconds(1))
    #expect(legs[0].failures == [.brokenBeforeAnswer] && legs[0].readyCount == 1)
  }

  @Test func `a leg that wants a fresh connection gets one beside those that were idle`() {
    let pool = PoolWorld { _ in [.send(RouterWorld.ok)] }
    pool.run()
    let watcher = LegWatcher()
    #expect(pool.pool.start(watcher.leg, fresh: true))
    pool.world.run(for: .milliseconds(50))
    #expect(watcher.body == "ok" && connections(pool).count == 2)
  }

  @Test func `a worker that leaves in good order ends its answers and gets no new request`() {
    let pool = PoolWorld { _ in [.wait(.milliseconds(50)), .send(RouterWorld.ok)] }
    let legs = start(10, pool)
    pool.world.run(for: .milliseconds(20))
    connections(pool)[0].endGracefully()
    pool.world.run(for: .milliseconds(10))
    let later = start(10, pool)
    pool.world.run(for: .milliseconds(200))
    #expect((legs + later).allSatisfy { $0.body == "ok" && $0.readyCount == 1 })
    #expect(connections(pool).map(\.streamCount) == [10, 10])
    pool.world.run(for: .seconds(6))
    #expect(connections(pool)[0].isClosed && !connections(pool)[1].isClosed)
  }

  @Test func `legs that a leaving worker has not seen go elsewhere, and nothing is lost`() {
    let pool = PoolWorld { _ in [.wait(.milliseconds(20)), .send(RouterWorld.ok)] }
    pool.run()
    var legs = start(10, pool)
    pool.world.run(for: .milliseconds(10))
    connections(pool)[0].endNow()
    // On their way when the worker has already said which stream is its last.
    legs += start(10, pool)
    pool.world.run(for: .milliseconds(500))
    #expect(legs.allSatisfy { $0.body == "ok" && $0.failures.isEmpty })
    #expect(legs[10...].allSatisfy { $0.readyCount == 2 })
    #expect(connections(pool).count == 2)
  }

  @Test func `a leg refused by two connections fails, and nothing of it was delivered`() {
    let pool = PoolWorld { _ in [] }
    pool.engine.http2?.refuses = true
    let watcher = pool.run()
    #expect(watcher.failures == [.refused] && watcher.readyCount == 2)
    let careful = LegWatcher()
    careful.leg.mayRepeat = false
    #expect(pool.run(careful).failures == [.refused] && careful.readyCount == 1)
    #expect(LegFailure.refused.nothingDelivered && LegFailure.refused.blamesWorker)
  }

  @Test func `a worker that says nothing is asked whether it lives, and given up if not`() {
    let pool = PoolWorld { request in request.connection == 0 ? [.send(RouterWorld.ok)] : [] }
    pool.run()
    let legs = start(5, pool)
    func pass(_ seconds: Int) {
      for _ in 0..<seconds {
        pool.world.run(for: .seconds(1))
        pool.pool.closeExpired()
      }
    }
    pass(120)
    #expect(legs.allSatisfy { !$0.isDone }, "it answers, however long it thinks")
    connections(pool)[0].hang()
    pass(8)
    #expect(legs.allSatisfy { !$0.isDone })
    pass(34)
    #expect(legs.allSatisfy { $0.failures == [.brokenBeforeAnswer] })
    pool.world.run(for: .seconds(1))
    #expect(pool.loop.streamCount == 0)
  }

  @Test func `a worker that finds itself asked too often is asked less`() {
    let pool = PoolWorld { _ in [.send(RouterWorld.ok)] }
    pool.run()
    #expect(pool.pool.pingInterval == .seconds(30))
    for expected in [60, 120, 240, 480, 600, 600] {
      pool.run()
      connections(pool).last?.leave(.enhanceYourCalm)
      pool.world.run(for: .milliseconds(50))
      #expect(pool.pool.pingInterval == .seconds(expected))
    }
  }

  @Test(arguments: [true, false])
  func `a worker that speaks only HTTP/1.1 is found out`(isCut: Bool) {
    var conditions = NetworkConditions()
    if isCut { conditions.fragmentation = .singleBytes }
    let pool = PoolWorld(conditions: conditions, isEngineHTTP2: false)
    pool.engine.greeting = { _ in
      [
        .wait(.milliseconds(5)),
        .send("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\nInvalid HTTP request"),
        .closeAfterFlush,
      ]
    }
    let legs = start(3, pool)
    pool.world.run(for: .seconds(1))
    #expect(legs.allSatisfy { $0.failures == [.notHTTP2] })
    #expect(LegFailure.notHTTP2.blamesWorker && LegFailure.notHTTP2.nothingDelivered)
  }

  private static let violations = [
    "garbage that is no frame at all", "\u{0}\u{0}\u{4}\u{8}\u{0}\u{0}\u{0}\u{0}\u{0}abcd",
  ]

  @Test(arguments: violations)
  func `a worker that begins with anything but SETTINGS does not speak HTTP/2`(bytes: String) {
    let pool = PoolWorld(isEngineHTTP2: false)
    pool.engine.greeting = { _ in [.wait(.milliseconds(5)), .send(bytes)] }
    let legs = start(3, pool)
    pool.world.run(for: .seconds(10))
    #expect(legs.allSatisfy { $0.failures == [.notHTTP2] })
    #expect(pool.loop.streamCount == 0)
  }

  @Test(arguments: violations)
  func `frames that break the rules fail every leg once`(bytes: String) {
    let pool = PoolWorld(isEngineHTTP2: false)
    let settings = "\u{0}\u{0}\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}"
    pool.engine.greeting = { _ in [.wait(.milliseconds(5)), .send(settings + bytes)] }
    let legs = start(3, pool)
    pool.world.run(for: .seconds(10))
    for watcher in legs {
      #expect(watcher.failures.count == 1)
      if case .malformedFrames = watcher.failures.first {} else { Issue.record("\(bytes)") }
    }
    #expect(pool.loop.streamCount == 0)
  }

  @Test func `a worker that refuses, hangs or has no name is unreachable for all who wait`() {
    let refusing = PoolWorld()
    refusing.engine.stopListening()
    let legs = start(5, refusing)
    refusing.world.run(for: .seconds(1))
    #expect(
      legs.allSatisfy { $0.failures == [.unreachable(.connectFailed(detail: "ECONNREFUSED"))] })
    let silent = PoolWorld()
    silent.engineHost.crash(leaving: .silence)
    #expect(silent.run().failures == [.unreachable(.connectTimedOut)])
    #expect(silent.pool.start(LegWatcher().leg))
  }

  @Test func `a silent leg of an unhealthy worker is given up alone`() {
    let pool = PoolWorld { request in
      request.connection == 0
        ? []
        : [.send("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nx")]
          + Array(
            repeating: [.wait(.seconds(1)), .send("x")], count: 60
          ).flatMap { $0 }
    }
    let legs = start(2, pool)
    pool.world.run(for: .seconds(6))
    #expect(pool.worker.setHealthy(false))
    pool.pool.breakSilent(after: .seconds(5))
    #expect(legs[0].failures == [.brokenBeforeAnswer] && !legs[1].isDone)
    pool.world.run(for: .milliseconds(50))
    #expect(connections(pool)[0].resets == [.cancel] && !connections(pool)[0].isClosed)
  }

  @Test func `a worker that left keeps its connections to the end of their answers`() {
    let pool = PoolWorld { _ in [.wait(.milliseconds(50)), .send(RouterWorld.ok)] }
    let legs = start(2, pool)
    pool.world.run(for: .milliseconds(20))
    pool.worker.setState(.gone)
    pool.pool.closeIdle()
    pool.world.run(for: .milliseconds(100))
    #expect(legs.allSatisfy { $0.body == "ok" })
    pool.world.run(for: .seconds(6))
    #expect(connections(pool)[0].isClosed && pool.pool.idleCount == 0)
  }
}
