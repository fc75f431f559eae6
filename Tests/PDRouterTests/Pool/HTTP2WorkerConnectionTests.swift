import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

@Suite(.overHTTP2) struct HTTP2WorkerConnectionTests {
  private typealias Act = ScriptedEngine.Act

  private func watchers(_ count: Int, _ configure: (LegWatcher) -> Void = { _ in }) -> [LegWatcher]
  {
    (0..<count).map { _ in
      let watcher = LegWatcher()
      configure(watcher)
      return watcher
    }
  }

  private func start(_ legs: [LegWatcher], _ pool: PoolWorld) {
    for watcher in legs { #expect(pool.pool.start(watcher.leg)) }
  }

  private func connections(_ pool: PoolWorld) -> [HTTP2EngineConnection] {
    pool.engine.http2?.connections ?? []
  }

  /// A server that allows so many streams.
  private func allowing(_ streams: Int) -> HTTP2Settings {
    var settings = HTTP2Settings()
    settings.maxConcurrentStreams = streams
    return settings
  }

  @Test func `legs wait for a connection that is connecting, and share it`() {
    let pool = PoolWorld { request in
      [.wait(.milliseconds(20)), .send(RouterWorld.answer(request.head[0]))]
    }
    let legs = watchers(50)
    start(legs, pool)
    #expect(legs.allSatisfy { $0.readyCount == 0 && $0.leg.isOut && !$0.leg.wasSent })
    pool.world.run(for: .milliseconds(10))
    #expect(legs.allSatisfy { $0.leg.wasSent && $0.leg.awaitsHead })
    pool.world.run(for: .milliseconds(190))
    #expect(legs.allSatisfy { $0.endCount == 1 && $0.body == "GET /probe HTTP/1.1" })
    #expect(connections(pool).count == 1 && connections(pool)[0].streamCount == 50)
    #expect(pool.pool.idleCount == 1)
    let later = pool.run()
    #expect(later.statuses == [200] && connections(pool).count == 1)
  }

  @Test(arguments: [false, true])
  func `an answer is understood whole and byte by byte`(isCut: Bool) {
    var conditions = NetworkConditions()
    if isCut { conditions.fragmentation = .singleBytes }
    let pool = PoolWorld(conditions: conditions) { request in
      let interim = "HTTP/1.1 100 Continue\r\n\r\n"
      let chunks = "HTTP/1.1 200 OK\r\nX-A: b\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n"
      return [
        .send(interim + chunks), .wait(.milliseconds(5)),
        .send(
          "3\r\nllo\r\n0\r\nGrpc-Status: 0\r\ncontent-length: 9\r\nx-t: \(request.body)\r\n\r\n"),
      ]
    }
    let watcher = LegWatcher()
    watcher.request = "POST / HTTP/1.1\r\nhost: w0\r\ncontent-length: 4\r\n\r\nbody"
    pool.run(watcher)
    #expect(watcher.statuses == [200] && watcher.body == "hello" && watcher.endCount == 1)
    #expect(watcher.trailers == "grpc-status: 0\r\nx-t: body\r\n")
    #expect(watcher.leg.head.fields.count == 1 && watcher.failures.isEmpty)
    #expect(pool.pool.idleCount == 1)
  }

  @Test func `a request of any size is taken no faster than the worker gives windows`() {
    let pool = PoolWorld { request in [.send(RouterWorld.answer("\(request.body.utf8.count)"))] }
    let watcher = LegWatcher()
    let size = 3_000_000
    watcher.request =
      "POST / HTTP/1.1\r\nhost: w0\r\ncontent-length: \(size)\r\n\r\n"
      + String(repeating: "x", count: size)
    #expect(pool.pool.start(watcher.leg))
    var most = 0
    _ = pool.world.run(within: .seconds(10)) {
      most = max(most, pool.loop.host.mostBufferedBytes)
      return watcher.isDone
    }
    #expect(watcher.body == "\(size)" && watcher.endCount == 1)
    #expect(most < 256 * 1024, "frames are made as the socket takes them")
  }

  @Test func `a worker's limit of streams is honoured over several connections`() {
    let pool = PoolWorld(http2: allowing(4)) { _ in
      [.wait(.milliseconds(50)), .send(RouterWorld.ok)]
    }
    let legs = watchers(20)
    start(legs, pool)
    pool.world.run(for: .milliseconds(500))
    #expect(legs.allSatisfy { $0.endCount == 1 && $0.failures.isEmpty })
    #expect(connections(pool).count == 5)
    let more = watchers(20)
    start(more, pool)
    pool.world.run(for: .milliseconds(500))
    #expect(more.allSatisfy { $0.endCount == 1 && $0.readyCount == 1 }, "now it is known")
    #expect(connections(pool).count == 5 && pool.engine.requests.count == 40)
  }

  @Test func `at the limit of connections and streams a leg is refused, until one is over`() {
    var limits = Limits()
    limits.connectionsPerWorker = 1
    let pool = PoolWorld(limits: limits, http2: allowing(2)) { _ in
      [.wait(.milliseconds(50)), .send(RouterWorld.ok)]
    }
    pool.run()
    let legs = watchers(3)
    start(Array(legs[..<2]), pool)
    #expect(!pool.pool.start(legs[2].leg) && !legs[2].leg.isOut)
    pool.world.run(for: .milliseconds(200))
    #expect(pool.run(legs[2]).endCount == 1)
    for _ in 0..<5 {
      #expect(pool.pool.start(legs[2].leg))
      legs[2].leg.cancel()
    }
    #expect(pool.run().endCount == 1, "cancelled legs give their places back")
  }

  @Test func `one of a hundred legs is cancelled, and the others do not notice`() {
    let pool = PoolWorld { _ in
      [
        .send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no"), .wait(.milliseconds(50)),
        .send("k"),
      ]
    }
    let legs = watchers(100)
    start(legs, pool)
    pool.world.run(for: .milliseconds(20))
    legs[40].leg.cancel()
    legs[40].leg.cancel()
    pool.world.run(for: .milliseconds(200))
    #expect(legs[40].body == "o" && !legs[40].isDone)
    #expect(legs.count { $0.body == "ok" && $0.endCount == 1 } == 99)
    #expect(connections(pool).count == 1 && connections(pool)[0].resets == [.cancel])
    #expect(connections(pool)[0].openStreams == 0 && pool.pool.idleCount == 1)
    #expect(pool.pool.bufferedByteCount == 0)
  }

  @Test(arguments: [0, 1, 30] as [Int64])
  func `a cancelled leg hears nothing more at whatever moment`(delay: Int64) {
    let pool = PoolWorld { _ in
      [.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"), .wait(.seconds(1)), .send("def")]
    }
    let watcher = LegWatcher()
    #expect(pool.pool.start(watcher.leg))
    pool.world.run(for: .milliseconds(delay))
    watcher.leg.cancel()
    let heard = watcher.pieces.count
    pool.world.run(for: .seconds(3))
    #expect(!watcher.isDone && watcher.pieces.count == heard && pool.engine.openCount == 0)
    pool.pool.closeExpired()
    pool.world.run(for: .seconds(6))
    #expect(pool.loop.streamCount == 0)
  }

  @Test(arguments: ["head", "piece", "end"])
  func `a leg may be started anew within its own events`(event: String) {
    let pool = PoolWorld { request in
      request.connection == 0
        ? [.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabcdef")] : [.send(RouterWorld.ok)]
    }
    let watcher = LegWatcher()
    let restart: (LegWatcher) -> Void = { watcher in
      guard watcher.readyCount == 1 else { return }
      watcher.leg.cancel()
      #expect(pool.pool.start(watcher.leg))
    }
    switch event {
    case "head": watcher.whenHead = restart
    case "piece": watcher.whenPiece = restart
    default: watcher.whenEnded = restart
    }
    pool.world.run(for: .milliseconds(1))
    #expect(pool.pool.start(watcher.leg))
    pool.world.run(for: .milliseconds(100))
    #expect(watcher.pieces.last == "ok" && watcher.readyCount == 2)
    #expect(connections(pool).count == 1 && !watcher.leg.isOut)
  }

  @Test func `a leg that nobody reads holds its window, and no other leg`() {
    let body = String(repeating: "x", count: 1 << 20)
    let pool = PoolWorld { request in
      [.send(RouterWorld.answer(request.head[0].contains("/probe") ? body : "quick"))]
    }
    let slow = LegWatcher()
    slow.whenPiece = { $0.leg.pauseReading() }
    #expect(pool.pool.start(slow.leg))
    let quick = watchers(99) { $0.request = "GET /quick HTTP/1.1\r\nhost: w0\r\n\r\n" }
    start(quick, pool)
    pool.world.run(for: .seconds(2))
    #expect(quick.allSatisfy { $0.body == "quick" && $0.endCount == 1 })
    #expect((1...(128 * 1024)).contains(slow.body.utf8.count))
    #expect(slow.leg.silentSince == nil, "its silence is ours")
    slow.whenPiece = { _ in }
    slow.leg.resumeReading()
    pool.world.run(for: .seconds(2))
    #expect(slow.body == body && slow.endCount == 1)
    #expect(connections(pool).count == 1)
  }

  @Test
  func `a worker never sees so many resets on one connection that it takes them for an attack`() {
    let pool = PoolWorld { _ in [.wait(.milliseconds(30)), .send(RouterWorld.ok)] }
    var staying: [LegWatcher] = []
    for _ in 0..<40 {
      let leaving = watchers(80)
      staying.append(LegWatcher())
      start(leaving + staying.suffix(1), pool)
      pool.world.run(for: .milliseconds(10))
      for watcher in leaving { watcher.leg.cancel() }
    }
    pool.world.run(for: .seconds(1))
    #expect(staying.allSatisfy { $0.body == "ok" && $0.readyCount == 1 })
    #expect(connections(pool).map(\.resets.count).reduce(0, +) == 3200)
    #expect(connections(pool).allSatisfy { $0.error == nil && $0.resets.count < 500 })
    #expect(connections(pool).count > 5 && connections(pool).count { !$0.isClosed } < 4)
  }

  @Test func `many connections' worth of legs leave nothing behind`() {
    let pool = PoolWorld { _ in [.send(RouterWorld.ok)] }
    for _ in 0..<20 {
      let legs = watchers(150)
      start(legs, pool)
      for watcher in legs[..<10] { watcher.leg.cancel() }
      pool.world.run(for: .milliseconds(50))
      #expect(legs[10...].allSatisfy { $0.endCount == 1 })
    }
    #expect(connections(pool).allSatisfy { $0.openStreams == 0 && $0.error == nil })
    pool.world.run(for: .seconds(4))
    pool.pool.closeExpired()
    pool.world.run(for: .seconds(6))
    #expect(pool.loop.streamCount == 0 && pool.pool.idleCount == 0)
    #expect(connections(pool).allSatisfy { $0.isClosed && $0.goAway == .noError })
  }
}
