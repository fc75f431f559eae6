import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

struct WorkerConnectionTests {
  @Test func `answers one after the other use one connection`() {
    let pool = PoolWorld()
    for _ in 0..<3 {
      let watcher = pool.run()
      #expect(watcher.statuses == [200] && watcher.body == "ok" && watcher.endCount == 1)
    }
    #expect(pool.engine.connectionCount == 1 && pool.pool.idleCount == 1)
    #expect(pool.engine.requests.map(\.number) == [0, 1, 2])
  }

  @Test func `two legs at once use two connections, and both are kept`() {
    let pool = PoolWorld { _ in [.wait(.milliseconds(50)), .send(RouterWorld.ok)] }
    let (one, two) = (LegWatcher(), LegWatcher())
    #expect(pool.pool.start(one.leg) && pool.pool.start(two.leg))
    pool.world.run(for: .milliseconds(200))
    #expect(one.body == "ok" && two.body == "ok")
    #expect(pool.engine.connectionCount == 2 && pool.pool.idleCount == 2)
  }

  @Test func `an observer may start its leg anew the moment it has ended`() {
    let pool = PoolWorld()
    let watcher = LegWatcher()
    watcher.whenEnded = { watcher in
      if watcher.endCount < 3 { #expect(pool.pool.start(watcher.leg)) }
    }
    #expect(pool.pool.start(watcher.leg))
    pool.world.run(for: .milliseconds(100))
    watcher.whenEnded = { _ in }
    #expect(watcher.endCount == 3 && pool.engine.connectionCount == 1)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
      + "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
  ])
  func `an answer is understood cut at every byte and byte by byte`(answer: String) {
    let bytes = Array(answer.utf8)
    var acts: [ScriptedEngine.Act] = []
    let pool = PoolWorld { _ in acts }
    for cut in 1..<bytes.count {
      acts = [
        .sendBytes(Array(bytes[..<cut])), .wait(.milliseconds(5)), .sendBytes(Array(bytes[cut...])),
      ]
      let watcher = pool.run()
      #expect(watcher.statuses == [200] && watcher.body == "hello", "cut at \(cut)")
      #expect(watcher.endCount == 1 && watcher.failures.isEmpty)
    }
    acts = bytes.flatMap { [.sendBytes([$0]), .wait(.milliseconds(5))] }
    #expect(pool.run().body == "hello")
    #expect(pool.engine.connectionCount == 1)
  }

  @Test func `an answer until the end of the connection ends with it, and it is not kept`() {
    let pool = PoolWorld { _ in
      [.send("HTTP/1.1 200 OK\r\n\r\nhel"), .wait(.milliseconds(5)), .send("lo"), .closeAfterFlush]
    }
    let watcher = pool.run()
    #expect(watcher.body == "hello" && watcher.endCount == 1 && pool.pool.idleCount == 0)
  }

  @Test func `an answer until the end of the connection that is reset is broken`() {
    let pool = PoolWorld { _ in
      [.send("HTTP/1.1 200 OK\r\n\r\nhel"), .wait(.milliseconds(50)), .reset]
    }
    #expect(pool.run().failures == [.brokenWithinAnswer])
  }

  @Test(arguments: ["connection: close\r\n", "Connection: x, Close\r\n"])
  func `a connection that the engine will close is not kept`(field: String) {
    // One at a time: a lease that is not given back would refuse the second leg.
    var limits = Limits()
    limits.connectionsPerWorker = 1
    let pool = PoolWorld(limits: limits) { _ in [.send(RouterWorld.answer("ok", field))] }
    for _ in 0..<2 { #expect(pool.run().body == "ok") }
    #expect(pool.engine.connectionCount == 2 && pool.pool.idleCount == 0)
    pool.world.run(for: .milliseconds(50))
    #expect(pool.engine.openCount == 0)
  }

  @Test func `bytes behind an answer make the connection untrusted`() {
    let pool = PoolWorld { _ in [.send(RouterWorld.ok + "HTTP/1.1 200 OK\r\n")] }
    #expect(pool.run().body == "ok")
    #expect(pool.pool.idleCount == 0)
  }

  @Test func `bytes on an idle connection close it, and the next leg has a fresh one`() {
    let pool = PoolWorld { request in
      request.connection == 0
        ? [.send(RouterWorld.ok), .wait(.milliseconds(20)), .send(RouterWorld.answer("evil"))]
        : [.send(RouterWorld.ok)]
    }
    pool.run()
    #expect(pool.pool.idleCount == 1)
    pool.world.run(for: .milliseconds(100))
    #expect(pool.pool.idleCount == 0 && pool.engine.openCount == 0)
    #expect(pool.run().body == "ok")
    #expect(pool.engine.connectionCount == 2)
  }

  @Test(arguments: [true, false])
  func `an idle connection that ends is forgotten`(isReset: Bool) {
    let pool = PoolWorld { _ in
      [.send(RouterWorld.ok), .wait(.milliseconds(20)), isReset ? .reset : .close]
    }
    pool.run()
    pool.world.run(for: .milliseconds(100))
    #expect(pool.pool.idleCount == 0)
    #expect(pool.run().endCount == 1)
  }

  @Test func `a connection idle for too long is closed and not reused`() {
    let pool = PoolWorld()
    pool.run()
    pool.world.run(for: .seconds(3))
    pool.run()
    #expect(pool.engine.connectionCount == 2)
    pool.world.run(for: .seconds(2))
    pool.pool.closeExpired()
    #expect(pool.pool.idleCount == 1)
    pool.world.run(for: .seconds(1))
    pool.pool.closeExpired()
    pool.world.run(for: .milliseconds(10))
    #expect(pool.pool.idleCount == 0 && pool.engine.openCount == 0 && pool.loop.streamCount == 0)
  }

  @Test func `an answer to HEAD has no body, whatever length it tells`() {
    let pool = PoolWorld { _ in [.send("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n")] }
    let watcher = LegWatcher()
    watcher.leg.method = .head
    pool.run(watcher)
    #expect(watcher.endCount == 1 && watcher.pieces.isEmpty && pool.pool.idleCount == 1)
  }
}
