import EventLoop
import Testing
import Vocabulary

@Suite struct LibUVStreamTests {
  /// A recorder that sends back what it gets, and our end after the peer's.
  static func echo() -> Recorder {
    let recorder = Recorder()
    recorder.onRead = { stream, bytes in Recorder.quietly(recorder) { stream.write(bytes) } }
    recorder.onEnd = { stream in Recorder.quietly(recorder) { stream.closeAfterFlush() } }
    return recorder
  }

  @Test(arguments: ["127.0.0.1", "::1"])
  func `an echo returns every byte in order and both ends hear the end`(host: String) throws {
    let harness = LoopHarness()
    let (server, client) = (Self.echo(), Recorder())
    let peer = try harness.listen(host: host) { $0.handler = server }
    client.onConnect = { stream in
      #expect(stream.peerDescription == peer.description)
      stream.write("hello ")
      stream.write("world")
      stream.finishWriting()
    }
    client.onEnd = { $0.close() }
    harness.stopWhenClosed(client, server)
    harness.connect(to: peer, client)
    harness.run()
    #expect(client.receivedText == "hello world")
    #expect(client.events == [.connected, .ended, .closed(.closedHere)])
    #expect(server.events == [.ended, .closed(.closedHere)])
    #expect(server.reads == 1, "writes of one wake-up leave together")
    #expect(harness.loop.counters.acceptedStreams == 1)
  }

  @Test func `bytes written before the connection is up leave in order once it is`() throws {
    let harness = LoopHarness()
    let (server, client) = (Self.echo(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    client.onEnd = { $0.close() }
    harness.stopWhenClosed(client, server)
    let stream = harness.connect(to: peer, client)
    let large = pattern(100_000)
    Recorder.quietly(client) {
      stream.write("early ")
      stream.write(large)
      stream.finishWriting()
    }
    #expect(stream.bufferedByteCount == 100_006)
    harness.run()
    #expect(client.received == Array("early ".utf8) + large)
  }

  @Test(arguments: [1, 100, 70_000, 5_000_000])
  func `bytes written through keep their place among the others`(size: Int) throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    var expected: [UInt8] = []
    client.onConnect = { stream in
      for round in 0..<4 {
        let piece = pattern(size, offset: round)
        let waiting = piece.withUnsafeBytes { stream.writeThrough($0) }
        #expect(waiting == stream.bufferedByteCount)
        if size == 1, round == 0 { #expect(waiting == 0, "one byte leaves at once") }
        expected += piece
        if round % 2 == 1 {
          stream.write("<>")
          expected += Array("<>".utf8)
        }
      }
      stream.closeAfterFlush()
      _ = [UInt8(0)].withUnsafeBytes { stream.writeThrough($0) }
    }
    server.onEnd = { $0.close() }
    harness.stopWhenClosed(server, client)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.received == expected)
  }

  @Test(arguments: [1, 100, 16_384, 16_385, 70_000, 1_000_000])
  func `gathered and single writes keep their order whatever their sizes`(size: Int) throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    var expected: [UInt8] = []
    client.onConnect = { stream in
      for round in 0..<5 {
        let pieces = [pattern(7, offset: round), [], pattern(size, offset: round), pattern(3)]
        stream.write("<")
        stream.write(gathering: pieces)
        stream.write(pattern(size / 2 + 1))
        expected += Array("<".utf8) + pieces.flatMap { $0 } + pattern(size / 2 + 1)
      }
      stream.closeAfterFlush()
      #expect(expected.count > size)
    }
    server.onEnd = { $0.close() }
    harness.stopWhenClosed(client, server)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.received == expected)
    #expect(client.closeReasons == [.closedHere])
  }

  @Test func `a gathered write of more pieces than one writev takes arrives whole`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    let pieces = (0..<1_000).map { pattern(200 + $0 % 3, offset: $0) }
    client.onConnect = { stream in
      stream.write("x")
      stream.write(gathering: pieces)
      stream.closeAfterFlush()
    }
    server.onEnd = { $0.close() }
    harness.stopWhenClosed(client, server)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.received == Array("x".utf8) + pieces.flatMap { $0 })
  }

  @Test func `a half-closed stream still reads, either side first`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { stream in
      stream.handler = server
      stream.write("greeting")
      stream.finishWriting()
      stream.write("ignored")
    }
    client.onEnd = { stream in
      stream.write("answer after your end")
      stream.finishWriting()
    }
    server.onEnd = { $0.close() }
    client.onRead = { stream, _ in #expect(stream.bufferedByteCount == 0) }
    server.onClose = { _, _ in harness.loop.stop() }
    harness.connect(to: peer, client)
    harness.run()
    #expect(client.receivedText == "greeting")
    #expect(server.receivedText == "answer after your end")
    #expect(server.events == [.ended, .closed(.closedHere)])
    #expect(client.events == [.connected, .ended, .closed(.closedHere)])
  }

  @Test func `a flush sends what is queued within the wake-up`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    client.onConnect = { stream in
      stream.write("now")
      #expect(stream.bufferedByteCount == 3)
      stream.flush()
      #expect(stream.bufferedByteCount == 0)
      stream.close()
    }
    server.onEnd = { $0.close() }
    harness.stopWhenClosed(client, server)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.receivedText == "now")
  }

  @Test func `close throws queued bytes away, and later calls do nothing`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    client.onConnect = { stream in
      Recorder.quietly(client) {
        stream.write("never sent")
        stream.close()
        stream.write("neither")
        stream.write(pattern(100_000))
        stream.flush()
        stream.finishWriting()
        stream.closeAfterFlush()
        stream.pauseReading()
        stream.resumeReading()
        stream.close()
      }
      #expect(stream.bufferedByteCount == 0)
    }
    client.onClose = { stream, _ in
      stream.write("after the end")
      stream.close()
    }
    server.onEnd = { $0.close() }
    harness.stopWhenClosed(client, server)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.received.isEmpty)
    #expect(client.events == [.connected, .closed(.closedHere)])
  }

  @Test func `a stream closed inside didRead hears nothing more, not even what has arrived`() throws
  {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    server.onRead = { stream, _ in Recorder.quietly(server) { stream.close() } }
    client.onConnect = { $0.write(pattern(1_000_000)) }
    harness.stopWhenClosed(client, server)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.reads == 1)
    #expect(server.events == [.closed(.closedHere)])
    guard case .failed(.connectionBroken(let detail))? = client.closeReasons.first else {
      Issue.record("unread bytes at the close reset the connection: \(client.events)")
      return
    }
    #expect(["ECONNRESET", "EPIPE"].contains(detail))
  }

  @Test func `a handler put in place of another hears from then on`() throws {
    let harness = LoopHarness()
    let (first, second, client) = (Recorder(), Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = first }
    first.onRead = { stream, _ in
      stream.handler = second
      stream.write("switched")
    }
    client.onConnect = { $0.write("one") }
    client.onRead = { stream, _ in
      stream.write("two")
      stream.finishWriting()
    }
    second.onEnd = { $0.close() }
    client.onEnd = { $0.close() }
    harness.stopWhenClosed(client, second)
    harness.connect(to: peer, client)
    harness.run()
    #expect(first.receivedText == "one")
    #expect(first.events.isEmpty)
    #expect(second.receivedText == "two")
  }
}
