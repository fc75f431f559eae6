import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

struct WorkerConnectionFailureTests {
  /// An engine whose first connection answers once and dies at its second request.
  private func makeStale(_ acts: [ScriptedEngine.Act] = [.reset]) -> PoolWorld {
    PoolWorld { request in
      request.connection == 0 && request.number == 1 ? acts : [.send(RouterWorld.ok)]
    }
  }

  @Test(arguments: [0, 1])
  func `a stale connection is retried once on a fresh one`(manner: Int) {
    let pool = makeStale(manner == 0 ? [.reset] : [.close])
    pool.run()
    let watcher = pool.run()
    #expect(watcher.body == "ok" && watcher.readyCount == 2 && watcher.failures.isEmpty)
    #expect(pool.engine.connectionCount == 2 && pool.engine.requests.count == 3)
  }

  @Test func `a stale connection is not retried for a leg that may not repeat`() {
    let pool = makeStale()
    pool.run()
    let watcher = LegWatcher()
    watcher.leg.mayRepeat = false
    pool.run(watcher)
    #expect(watcher.failures == [.brokenBeforeAnswer] && watcher.readyCount == 1)
    #expect(pool.engine.connectionCount == 1)
  }

  @Test func `a fresh connection that breaks before its answer is not retried`() {
    let pool = PoolWorld { _ in [.reset] }
    let watcher = pool.run()
    #expect(watcher.failures == [.brokenBeforeAnswer] && pool.engine.connectionCount == 1)
  }

  @Test func `a stale connection whose replacement breaks too is not retried again`() {
    let pool = PoolWorld { request in
      request.connection == 0 && request.number == 0 ? [.send(RouterWorld.ok)] : [.reset]
    }
    pool.run()
    let watcher = pool.run()
    #expect(watcher.failures == [.brokenBeforeAnswer] && watcher.readyCount == 2)
    #expect(pool.engine.connectionCount == 2)
  }

  @Test(arguments: ["H", "HTTP/1.1 200 OK\r\ncontent", "HTTP/1.1 100 Continue\r\n\r\n"])
  func `a reused connection that breaks once it has begun to answer is not retried`(part: String) {
    let pool = makeStale([.send(part), .closeAfterFlush])
    pool.run()
    let watcher = pool.run()
    #expect(watcher.failures == [.brokenBeforeAnswer] && watcher.readyCount == 1)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
  ])
  func `an answer that stops within is broken, by an end or a reset`(part: String) {
    for acts in [
      [ScriptedEngine.Act.send(part), .closeAfterFlush],
      [.send(part), .wait(.milliseconds(20)), .reset],
    ] {
      let pool = PoolWorld { _ in acts }
      let watcher = pool.run()
      #expect(watcher.statuses == [200] && watcher.failures == [.brokenWithinAnswer])
      #expect(watcher.endCount == 0 && pool.pool.idleCount == 0)
    }
  }

  @Test(arguments: [
    "hello\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 600 X\r\n\r\n",
    "HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nx y: z\r\n\r\n", "\u{0}\u{1}\u{2}", "HTTP/1.1 200 OK\nx: y\n\n",
  ])
  func `an answer that is no HTTP fails the leg and closes the connection`(answer: String) {
    let bytes = Array(answer.utf8)
    for cut in 1...bytes.count {
      let pool = PoolWorld { _ in
        [
          .sendBytes(Array(bytes[..<cut])), .wait(.milliseconds(5)),
          .sendBytes(Array(bytes[cut...])),
        ]
      }
      let watcher = pool.run()
      #expect(watcher.failures.count == 1 && watcher.endCount == 0, "cut at \(cut)")
      if case .malformed = watcher.failures.first {} else { Issue.record("cut at \(cut)") }
      #expect(pool.pool.idleCount == 0)
      pool.world.run(for: .milliseconds(10))
      #expect(pool.engine.openCount == 0)
    }
  }

  @Test func `an engine that refuses, hangs or has no name is unreachable`() {
    let refusing = PoolWorld()
    refusing.engine.stopListening()
    #expect(
      refusing.run().failures == [.unreachable(.connectFailed(detail: "ECONNREFUSED"))])
    let silent = PoolWorld()
    silent.engineHost.crash(leaving: .silence)
    #expect(silent.run().failures == [.unreachable(.connectTimedOut)])
    #expect(silent.pool.start(LegWatcher().leg))
  }

  @Test func `a cancelled leg hears nothing more and its connection closes`() {
    for delay in [0, 1, 30] as [Int64] {
      let pool = PoolWorld { _ in
        [
          .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"), .wait(.seconds(1)),
          .send("def"),
        ]
      }
      let watcher = LegWatcher()
      #expect(pool.pool.start(watcher.leg))
      pool.world.run(for: .milliseconds(delay))
      watcher.leg.cancel()
      watcher.leg.cancel()
      let heard = watcher.pieces.count
      #expect(!watcher.leg.isOut)
      pool.world.run(for: .seconds(3))
      #expect(!watcher.isDone && watcher.pieces.count == heard)
      #expect(pool.engine.openCount == 0 && pool.loop.streamCount == 0)
    }
  }

  @Test(arguments: ["head", "piece"])
  func `a leg may be cancelled and started anew within its own events`(event: String) {
    let pool = PoolWorld { request in
      request.connection == 0
        ? [.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabcdef")] : [.send(RouterWorld.ok)]
    }
    let watcher = LegWatcher()
    let restart: (LegWatcher) -> Void = { watcher in
      guard watcher.readyCount == 1 else { return }
      watcher.leg.cancel()
      #expect(pool.pool.start(watcher.leg))
    }
    if event == "head" { watcher.whenHead = restart } else { watcher.whenPiece = restart }
    pool.run(watcher)
    #expect(watcher.endCount == 1 && watcher.pieces.last == "ok" && watcher.readyCount == 2)
    #expect(pool.engine.connectionCount == 2)
  }

  @Test func `at the limit of connections a leg is refused, until one is free`() {
    var limits = Limits()
    limits.connectionsPerWorker = 1
    let pool = PoolWorld(limits: limits) { _ in
      [.wait(.milliseconds(50)), .send(RouterWorld.ok)]
    }
    let (one, two) = (LegWatcher(), LegWatcher())
    #expect(pool.pool.start(one.leg))
    #expect(!pool.pool.start(two.leg) && !two.leg.isOut)
    pool.world.run(for: .milliseconds(200))
    #expect(one.endCount == 1)
    #expect(pool.run(two).endCount == 1)
    for _ in 0..<3 {
      #expect(pool.pool.start(two.leg))
      two.leg.cancel()
    }
    #expect(pool.run().endCount == 1, "cancelled legs give their places back")
  }

  @Test func `an engine that answers before it has read the request is not trusted with another`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 4096
    let pool = PoolWorld(conditions: narrow)
    pool.engine.greeting = { _ in [.send(RouterWorld.answer("too large", status: 413))] }
    let watcher = LegWatcher()
    watcher.request =
      "POST / HTTP/1.1\r\nhost: w0\r\ncontent-length: 1000000\r\n\r\n"
      + String(repeating: "x", count: 1_000_000)
    pool.run(watcher)
    #expect(watcher.statuses == [413] && watcher.body == "too large")
    #expect(pool.pool.idleCount == 0)
  }

  @Test func `a paused leg gets nothing until it is resumed`() {
    let pool = PoolWorld { _ in
      [
        .send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc"), .wait(.milliseconds(50)),
        .send("def"),
      ]
    }
    let watcher = LegWatcher()
    watcher.whenPiece = { $0.leg.pauseReading() }
    pool.run(watcher, within: .seconds(1))
    #expect(watcher.body == "abc" && !watcher.isDone)
    watcher.leg.resumeReading()
    pool.world.run(for: .milliseconds(10))
    #expect(watcher.body == "abcdef" && watcher.endCount == 1)
    #expect(
      pool.run().body == "abcdef", "a connection that was paused reads again for the next leg")
  }
}
