import EventLoop
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What becomes of legs whose connection shows only when it is up what the worker speaks.
struct AgreedProtocolTests {
  /// A connection that is up, as whoever made it hears.
  private final class Dial: ByteStreamHandler {
    var whenUp: ((any ByteStream) -> Void)?
    func streamDidConnect(_ stream: any ByteStream) { whenUp?(stream) }
    func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {}
    func streamDidReadEnd(_ stream: any ByteStream) {}
    func streamDidDrain(_ stream: any ByteStream) {}
    func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {}
  }

  private func connect(_ pool: PoolWorld, then act: @escaping (any ByteStream) -> Void) {
    let dial = Dial()
    dial.whenUp = act
    _ = pool.pool.dial(dial)
    pool.world.run(for: .milliseconds(100))
  }

  @Test(.overHTTP2) func `the first leg gets a stream, and so do the others from then on`() {
    let pool = PoolWorld(isPoolHTTP2: false) { _ in [.send(RouterWorld.ok)] }
    #expect(pool.pool.spoken == .http1)
    let watcher = LegWatcher()
    connect(pool) { pool.pool.carry(watcher.leg, onHTTP2: $0) }
    #expect(watcher.body == "ok" && pool.pool.spoken == .http2)
    #expect(pool.run().body == "ok" && pool.engine.http2?.connections.count == 1)
    let second = LegWatcher()
    connect(pool) { pool.pool.carry(second.leg, onHTTP2: $0) }
    #expect(second.body == "ok", "it gets a stream of the connection that is there")
    #expect(pool.engine.http2?.connections.map(\.streamCount) == [3, 0])
    pool.world.run(for: .seconds(6))
    #expect(pool.engine.http2?.openCount == 1)
  }

  @Test func `a worker that speaks HTTP/1.1 gets the first leg on this connection`() {
    let pool = PoolWorld { _ in [.wait(.milliseconds(5)), .send(RouterWorld.ok)] }
    let legs = (0..<3).map { _ in LegWatcher() }
    let connection = HTTP2WorkerConnection(pool: pool.pool)
    pool.pool.multiplexed.add(connection)
    pool.pool.noteSpoken(.http2)
    connection.attach(to: pool.pool.dial(connection))
    connection.carry(legs[0].leg, isRepeat: false)
    for watcher in legs[1...] { #expect(pool.pool.start(watcher.leg)) }
    // What TLS would tell.
    pool.world.run(for: .microseconds(10))
    pool.pool.noteSpoken(.http1)
    connection.fallBack()
    pool.world.run(for: .milliseconds(100))
    #expect(legs.allSatisfy { $0.body == "ok" && $0.readyCount == 1 })
    #expect(pool.pool.multiplexed.count == 0 && pool.pool.idleCount == 3)
  }
}
