import EventLoop
import Glibc
import Testing
import Vocabulary

@Suite struct LibUVStreamEndTests {
  @Test func `a reset by the peer is a broken connection`() throws {
    let harness = LoopHarness()
    let server = Recorder()
    var client: Int32 = -1
    server.onRead = { _, _ in
      let socket = RawSocket(descriptor: client)
      socket.resetOnClose()
    }
    let peer = try harness.listen { $0.handler = server }
    harness.stopWhenClosed(server)
    let socket = try RawSocket.connected(to: peer.port)
    client = dup(socket.descriptor)
    socket.send("hello")
    socket.resetOnClose()
    _ = consume socket
    harness.run()
    #expect(server.closeReasons == [.failed(.connectionBroken(detail: "ECONNRESET"))])
  }

  @Test func `a reset here is a broken connection there, even with nothing unread`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    client.onConnect = { $0.write("hello") }
    server.onRead = { stream, _ in stream.reset() }
    let peer = try harness.listen { $0.handler = server }
    harness.stopWhenClosed(client)
    harness.connect(to: peer, client)
    harness.run()
    #expect(client.closeReasons == [.failed(.connectionBroken(detail: "ECONNRESET"))])
    #expect(server.closeReasons == [.closedHere])
  }

  @Test func `a write to a peer that is gone ends the stream as broken`() throws {
    let harness = LoopHarness()
    let server = Recorder()
    var connection: (any ByteStream)?
    let timer = harness.loop.makeTimer()
    let again = TimerAction { again, timer in
      connection?.write("are you there")
      timer.arm(after: .milliseconds(5), for: again)
    }
    server.onEnd = { _ in timer.arm(after: .milliseconds(5), for: again) }
    server.onClose = { _, _ in
      timer.cancel()
      harness.loop.stop()
    }
    let peer = try harness.listen { stream in
      stream.handler = server
      connection = stream
    }
    let socket = try RawSocket.connected(to: peer.port)
    _ = consume socket
    harness.run()
    guard case .failed(.connectionBroken(let detail))? = server.closeReasons.first else {
      Issue.record("\(server.events)")
      return
    }
    #expect(["ECONNRESET", "EPIPE"].contains(detail))
  }

  @Test func `the last answer survives a close although the peer is still sending`() async throws {
    let port = Mailbox<UInt16>()
    let thread = LoopThread.start(name: "lingering") { loop in
      let harness = LoopHarness(loop: loop)
      let server = Recorder()
      server.onRead = { stream, _ in
        stream.write("413 too large")
        stream.closeAfterFlush()
      }
      server.onClose = { _, reason in
        #expect(reason == .closedHere)
        loop.stop()
      }
      do {
        port.put(try harness.listen { $0.handler = server }.port)
        harness.run()
        #expect(server.reads == 1, "bytes after closeAfterFlush are thrown away")
      } catch {
        Issue.record(error)
      }
    }
    let socket = try RawSocket.connected(to: port.take())
    for _ in 0..<50 { socket.send(String(repeating: "x", count: 50_000)) }
    shutdown(socket.descriptor, Int32(SHUT_WR))
    #expect(socket.readToEnd() == Array("413 too large".utf8))
    thread.join()
  }

  @Test func `closeAfterFlush gives up on a peer that takes nothing when the linger time is over`()
    throws
  {
    let harness = LoopHarness()
    let server = Recorder()
    var options = ListenerOptions()
    options.stream.lingerTimeout = .milliseconds(50)
    var closedAt: Instant?
    server.onClose = { stream, _ in
      closedAt = stream.loop.now
      harness.loop.stop()
    }
    var startedAt = Instant.zero
    let peer = try harness.listen(options: options) { stream in
      stream.handler = server
      stream.write(pattern(16_000_000))
      startedAt = stream.loop.now
      stream.closeAfterFlush()
    }
    let socket = try RawSocket.connected(to: peer.port)
    harness.run()
    _ = consume socket
    #expect(server.events == [.closed(.closedHere)])
    let waited = try #require(closedAt) - startedAt
    #expect(waited >= .milliseconds(50) && waited < .seconds(5))
  }

  @Test func `closeAfterFlush after the peer's end closes at once`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    server.onEnd = { $0.closeAfterFlush() }
    client.onConnect = { $0.finishWriting() }
    server.onClose = { _, _ in harness.loop.stop() }
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.events == [.ended, .closed(.closedHere)])
  }

  @Test func `closing inside didConnect and inside didDrain is safe`() throws {
    let harness = LoopHarness()
    let (early, late) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = Recorder() }
    early.onConnect = { stream in Recorder.quietly(early) { stream.close() } }
    late.onConnect = { stream in Recorder.quietly(late) { stream.write(pattern(8_000_000)) } }
    late.onDrain = { stream in Recorder.quietly(late) { stream.close() } }
    harness.stopWhenClosed(early, late)
    harness.connect(to: peer, early)
    harness.connect(to: peer, late)
    harness.run()
    #expect(early.events == [.connected, .closed(.closedHere)])
    #expect(late.events == [.connected, .drained, .closed(.closedHere)])
  }
}
