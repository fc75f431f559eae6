import EventLoop
import Testing
import Vocabulary

@Suite struct BackPressureTests {
  /// Writes `total` bytes in pieces, obeying the watermarks, and then the end.
  final class Source {
    let total: Int
    let piece: Int
    private(set) var written = 0
    private(set) var mostBuffered = 0
    private(set) var pauses = 0

    init(total: Int, piece: Int) {
      self.total = total
      self.piece = piece
    }

    func pump(_ stream: any ByteStream, _ options: StreamOptions) {
      while written < total {
        let count = min(piece, total - written)
        stream.write(pattern(count, offset: written))
        written += count
        mostBuffered = max(mostBuffered, stream.bufferedByteCount)
        if stream.bufferedByteCount > options.highWatermark {
          pauses += 1
          return
        }
      }
      stream.closeAfterFlush()
    }
  }

  @Test(arguments: [1_000, 30_000, 200_000])
  func `eight megabytes reach a slow reader whole, in bounded memory`(piece: Int) throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let options = StreamOptions()
    let source = Source(total: 8 << 20, piece: piece)
    let peer = try harness.listen { stream in
      stream.handler = server
      source.pump(stream, options)
    }
    server.onDrain = { stream in
      #expect(stream.bufferedByteCount <= options.lowWatermark)
      source.pump(stream, options)
    }
    let timer = harness.loop.makeTimer()
    var reader: (any ByteStream)?
    let resume = TimerAction { reader?.resumeReading() }
    client.onRead = { stream, _ in
      guard client.reads % 20 == 0 else { return }
      reader = stream
      stream.pauseReading()
      timer.arm(after: .zero, for: resume)
    }
    client.onEnd = { $0.close() }
    harness.stopWhenClosed(server, client)
    harness.connect(to: peer, client)
    harness.run()
    #expect(client.received == pattern(8 << 20))
    #expect(source.mostBuffered <= options.highWatermark + piece)
    #expect(source.pauses > 0, "the reader was never slower than the writer")
    #expect(server.events.count { $0 == .drained } == source.pauses, "one drain a crossing")
    #expect(resume.fired > 0)
  }

  @Test func `a paused stream delivers nothing until it is resumed, and then everything`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    var accepted: (any ByteStream)?
    let timer = harness.loop.makeTimer()
    let resume = TimerAction {
      #expect(server.received.isEmpty && server.events.isEmpty)
      accepted?.resumeReading()
    }
    let peer = try harness.listen { stream in
      stream.handler = server
      stream.pauseReading()
      accepted = stream
      timer.arm(after: .milliseconds(30), for: resume)
    }
    client.onConnect = { stream in
      stream.write("while you paused")
      stream.closeAfterFlush()
    }
    server.onEnd = { $0.close() }
    harness.stopWhenClosed(server, client)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.receivedText == "while you paused")
    #expect(server.events == [.ended, .closed(.closedHere)])
  }

  @Test func `pausing inside didRead stops the very next read`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let timer = harness.loop.makeTimer()
    var accepted: (any ByteStream)?
    let check = TimerAction {
      #expect(server.reads == 1)
      accepted?.close()
    }
    server.onRead = { stream, _ in
      stream.pauseReading()
      accepted = stream
      timer.arm(after: .milliseconds(20), for: check)
    }
    let peer = try harness.listen { $0.handler = server }
    client.onConnect = { $0.write(pattern(4_000_000)) }
    harness.stopWhenClosed(server, client)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.reads == 1)
  }

  @Test func `a pause and resume within one wake-up loses nothing`() throws {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    server.onRead = { stream, _ in
      stream.pauseReading()
      stream.resumeReading()
    }
    server.onEnd = { $0.close() }
    client.onConnect = { stream in
      stream.write(pattern(1_000_000))
      stream.closeAfterFlush()
    }
    harness.stopWhenClosed(server, client)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.received == pattern(1_000_000))
  }

  @Test func `an explicit flush tells the drain from the loop and not from inside the call`() throws
  {
    let harness = LoopHarness()
    let (server, client) = (Recorder(), Recorder())
    let peer = try harness.listen { $0.handler = server }
    client.onConnect = { stream in
      Recorder.quietly(client) {
        for _ in 0..<50 { stream.write(pattern(1_200)) }
        stream.write(pattern(8_000))
        #expect(stream.bufferedByteCount == 0, "gathered bytes leave early at 64 KiB")
        stream.flush()
      }
    }
    server.onRead = { stream, _ in if server.received.count == 68_000 { stream.closeAfterFlush() } }
    client.onEnd = { $0.close() }
    harness.stopWhenClosed(server, client)
    harness.connect(to: peer, client)
    harness.run()
    #expect(server.received.count == 68_000)
    #expect(client.events.first == .connected)
  }
}
