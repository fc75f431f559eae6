import EventLoop
import Simulation
import Testing
import Vocabulary

@Suite struct NetworkClosingTests {
  private static let reset = StreamCloseReason.failed(.connectionBroken(detail: "ECONNRESET"))

  @Test func `close tells its own side once, from the loop, and the peer reads a clean end`()
    throws
  {
    let pair = try Pair()
    let (client, _) = pair.connected()
    client.close()
    client.close()
    client.write("ignored")
    #expect(pair.client.heard == [.connected])
    #expect(pair.settle())
    #expect(pair.client.heard == [.connected, .closed(.closedHere)])
    #expect(pair.server.heard == [.end])
    #expect(client.handler == nil)
  }

  @Test func `close with bytes unread resets the peer`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    server.pauseReading()
    client.write("unread")
    #expect(pair.settle())
    server.close()
    #expect(pair.settle())
    #expect(pair.client.heard == [.connected, .closed(Self.reset)])
  }

  @Test func `close with bytes queued resets the peer after what was under way`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 1000
    let pair = try Pair(conditions)
    let (client, _) = pair.connected()
    client.write(count: 3000)
    client.flush()
    client.close()
    #expect(pair.settle())
    #expect(pair.server.heard == [.read(1000), .closed(Self.reset)])
    #expect(pair.client.heard.last == .closed(.closedHere))
  }

  @Test func `bytes under way arrive before the end`() throws {
    var conditions = NetworkConditions()
    conditions.fragmentation = .seeded(chance: 1)
    let pair = try Pair(conditions)
    let (client, _) = pair.connected()
    client.write(count: 5000)
    client.flush()
    client.close()
    #expect(pair.settle())
    #expect(pair.server.bytes == patternBytes(5000))
    #expect(pair.server.heard.last == .end)
  }

  @Test func `bytes for a closed stream are answered with a reset`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    server.close()
    client.write("too late")
    #expect(pair.settle())
    #expect(pair.client.heard == [.connected, .end, .closed(Self.reset)])
    #expect(pair.server.text.isEmpty)
  }

  @Test func `a reset aborts the peer after what had arrived`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    client.write("last words")
    client.flush()
    (client as? SimulatedStream)?.reset()
    server.pauseReading()
    #expect(pair.settle())
    #expect(pair.server.heard.isEmpty)
    server.resumeReading()
    #expect(pair.settle())
    #expect(pair.server.heard == [.read(10), .closed(Self.reset)])
  }

  @Test func `a paused writer learns of a reset when it writes`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    server.pauseReading()
    (client as? SimulatedStream)?.reset()
    #expect(pair.settle())
    #expect(pair.server.heard.isEmpty)
    server.write("anyone?")
    #expect(pair.settle())
    #expect(pair.server.closeReasons == [.failed(.connectionBroken(detail: "EPIPE"))])
  }

  @Test func `closeAfterFlush delivers everything, its end, and waits for the peer's`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 1000
    let pair = try Pair(conditions)
    let (client, server) = pair.connected()
    client.write(count: 100_000)
    client.closeAfterFlush()
    client.write("ignored")
    let start = pair.world.now
    pair.server.onEnd = { _ in #expect(pair.client.closeReasons.isEmpty) }
    pair.world.schedule(after: .seconds(2)) { server.close() }
    #expect(pair.settle())
    #expect(pair.server.bytes == patternBytes(100_000))
    #expect(pair.server.heard.contains(.end))
    #expect(pair.client.heard == [.connected, .closed(.closedHere)])
    #expect(pair.client.instants[1] - start > .seconds(2))
    #expect(pair.client.instants[1] - start < .milliseconds(2001))
  }

  @Test func `closeAfterFlush throws away what still arrives, paused or not`() throws {
    for isPaused in [false, true] {
      let pair = try Pair()
      let (client, server) = pair.connected()
      if isPaused { client.pauseReading() }
      server.write(count: 300_000)
      pair.world.run(for: .seconds(1))
      let count = pair.client.bytes.count
      #expect(count == (isPaused ? 0 : 300_000))
      server.write(count: 300_000)
      server.closeAfterFlush()
      client.write("answer")
      client.closeAfterFlush()
      client.pauseReading()
      #expect(pair.settle())
      #expect(pair.client.bytes.count == count)
      #expect(pair.client.closeReasons == [.closedHere])
      #expect(pair.server.closeReasons == [.closedHere])
    }
  }

  @Test func `closeAfterFlush after the peer's end closes as soon as all has left`() throws {
    let pair = try Pair()
    pair.server.onEnd = { stream in
      stream.write("bye")
      stream.closeAfterFlush()
    }
    pair.client.onConnect = { $0.finishWriting() }
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.client.text == "bye")
    #expect(pair.server.heard == [.end, .closed(.closedHere)])
    #expect(pair.server.instants[0] == pair.server.instants[1])
  }

  @Test func `a reset after everything left is the end that closeAfterFlush awaits`() throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    pair.server.onEnd = { ($0 as? SimulatedStream)?.reset() }
    client.write("all")
    client.closeAfterFlush()
    #expect(pair.settle())
    #expect(pair.server.text == "all")
    #expect(pair.client.closeReasons == [.closedHere])
  }

  @Test func `closeAfterFlush of a stream whose peer does not read ends with its linger`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 1000
    let pair = try Pair(conditions)
    var options = StreamOptions()
    options.lingerTimeout = .seconds(2)
    let (client, server) = pair.connected(options: options)
    server.pauseReading()
    client.write(count: 5000)
    client.closeAfterFlush()
    let start = pair.world.now
    #expect(pair.settle())
    #expect(pair.client.closeReasons == [.closedHere])
    #expect(pair.client.instants[pair.client.instants.count - 1] - start == .seconds(2))
    server.resumeReading()
    #expect(pair.settle())
    #expect(pair.server.heard == [.read(1000), .closed(Self.reset)])
  }

  @Test func `no drain is told to who will write no more`() throws {
    for isClosing in [false, true] {
      let pair = try Pair()
      let (client, _) = pair.connected()
      client.write(count: 100_000)
      if isClosing { client.closeAfterFlush() } else { client.finishWriting() }
      #expect(pair.settle())
      #expect(pair.server.bytes.count == 100_000)
      #expect(!pair.client.heard.contains(.drained))
    }
  }

  @Test func `closing before the connection is up is heard once and nobody is left`() throws {
    for delay in stride(from: 0, through: 500, by: 20) {
      let pair = try Pair(seed: UInt64(delay))
      let stream = pair.connect()
      pair.world.schedule(after: .microseconds(delay)) { stream.close() }
      pair.server.onEnd = { $0.close() }
      #expect(pair.settle())
      #expect(pair.client.closeReasons == [.closedHere])
      #expect(pair.near.loop.streamCount == 0)
      #expect(pair.far.loop.streamCount == 0)
    }
  }

  @Test(arguments: ["connect", "read", "end", "drain", "accept"])
  func `closing inside a callback never re-enters a handler`(_ place: String) throws {
    let pair = try Pair()
    let closing: (any ByteStream) -> Void = { stream in
      stream.write(count: 70_000)
      stream.flush()
      stream.close()
      stream.flush()
      stream.finishWriting()
      stream.resumeReading()
      stream.closeAfterFlush()
    }
    switch place {
    case "connect": pair.client.onConnect = closing
    case "read": pair.server.onRead = { stream, _ in closing(stream) }
    case "end": pair.server.onEnd = closing
    case "drain": pair.client.onDrain = closing
    default: pair.server.onAccept = closing
    }
    if place != "connect" {
      pair.client.onConnect = {
        $0.write(count: 70_000)
        $0.finishWriting()
      }
    }
    let stream = pair.connect()
    pair.world.schedule(after: .seconds(1)) { stream.close() }
    pair.world.schedule(after: .seconds(1)) { pair.server.accepted.first?.close() }
    #expect(pair.settle())
    #expect(!pair.client.wasReentered && !pair.server.wasReentered)
    #expect(pair.client.closeReasons.count == 1)
    #expect(pair.server.closeReasons.count == 1)
    #expect(pair.near.loop.streamCount + pair.far.loop.streamCount == 0)
  }

  @Test func `a closed pair is freed with its handlers`() throws {
    let world = SimulatedWorld(seed: 1)
    let host = world.makeHost("h")
    let server = Recorder()
    _ = try host.loop.listen(
      on: HostAndPort(host: "h", port: 1), options: ListenerOptions(), handler: server)
    weak var stream: (any ByteStream)?
    weak var handler: Recorder?
    do {
      let client = Recorder()
      client.onConnect = { $0.close() }
      server.onAccept = { $0.handler = client }
      let made = host.loop.connect(
        to: HostAndPort(host: "h", port: 1), timeout: .seconds(1), options: StreamOptions(),
        handler: client)
      client.onEnd = { $0.close() }
      handler = client
      stream = made
    }
    server.onAccept = nil
    #expect(stream != nil)
    #expect(world.runUntilIdle(limit: .seconds(10)))
    server.accepted.forEach { $0.close() }
    server.accepted.removeAll()
    // The connect time-out holds the stream until its time is past.
    world.run(for: .seconds(2))
    #expect(stream == nil)
    #expect(handler == nil)
  }

  @Test func `a world that ends frees open streams, armed timers and their handlers`() throws {
    final class Owner: LoopTimerHandler, LoopHandler {
      var timer: (any LoopTimer)?
      func timerDidFire(_ timer: any LoopTimer) {}
      func loopDidWake(_ loop: any Loop) {}
      func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
    }
    weak var recorder: Recorder?
    weak var owner: Owner?
    weak var loop: SimulatedLoop?
    do {
      let pair = try Pair()
      let (client, server) = pair.connected()
      client.write("under way")
      pair.client.onRead = { _, _ in _ = server.peerDescription }
      let armed = Owner()
      armed.timer = pair.near.loop.makeTimer()
      armed.timer?.arm(after: .seconds(5), for: armed)
      pair.near.loop.handler = armed
      recorder = pair.client
      owner = armed
      loop = pair.near.loop
      #expect(recorder != nil && owner != nil && loop != nil)
    }
    #expect(recorder == nil)
    #expect(owner == nil)
    #expect(loop == nil)
  }
}
