import EventLoop
import Glibc
import Testing
import Vocabulary

@Suite struct ListenTests {
  static func bindError(_ loop: LibUVLoop, _ address: HostAndPort) -> StreamError? {
    do throws(StreamError) {
      _ = try loop.listen(
        on: address, options: ListenerOptions(), handler: Acceptor { $0.close() })
      return nil
    } catch {
      return error
    }
  }

  @Test func `a used port is refused with the name of the error`() throws {
    let harness = LoopHarness()
    let address = try harness.listen { $0.close() }
    let error = Self.bindError(harness.loop, address)
    #expect(error == .bindFailed(detail: "EADDRINUSE"))
    harness.closeListeners()
    harness.loop.stop()
    harness.run()
    #expect(Self.bindError(LoopHarness().loop, address) == nil, "a closed port is free again")
  }

  @Test(arguments: [
    ("192.0.2.1", "EADDRNOTAVAIL"), ("nonexistent.invalid", "EAI_"), ("", "EAI_NONAME"),
    ("127.0.0.1\0", "EAI_NONAME"),
  ])
  func `an address that is not ours is refused`(host: String, detail: String) {
    let loop = LibUVLoop()
    guard case .bindFailed(let name)? = Self.bindError(loop, HostAndPort(host: host, port: 0))
    else {
      Issue.record("bound")
      return
    }
    #expect(name.hasPrefix(detail))
  }

  @Test func `a name is resolved and its IPv4 address is taken`() throws {
    let harness = LoopHarness()
    let client = Recorder()
    let server = Recorder()
    let address = try harness.listen(host: "localhost") { $0.handler = server }
    #expect(address.host == "localhost")
    client.onConnect = { $0.closeAfterFlush() }
    server.onEnd = { $0.close() }
    harness.stopWhenClosed(client, server)
    harness.connect(to: HostAndPort(host: "127.0.0.1", port: address.port), client)
    harness.run()
    #expect(server.events == [.ended, .closed(.closedHere)])
  }

  @Test func `a closed listener takes no more, and its streams live on`() throws {
    let harness = LoopHarness()
    let (server, client, late) = (Recorder(), Recorder(), Recorder())
    let peer = try harness.listen { stream in
      stream.handler = server
      harness.closeListeners()
      harness.closeListeners()
    }
    client.onConnect = { $0.write("still there?") }
    server.onRead = { stream, _ in
      stream.write("yes")
      harness.connect(to: peer, late)
    }
    late.onClose = { _, reason in
      #expect(reason == .failed(.connectFailed(detail: "ECONNREFUSED")))
      harness.loop.stop()
    }
    harness.connect(to: peer, client)
    harness.run()
    #expect(client.receivedText == "yes")
  }

  @Test func `many connections are accepted in few wake-ups`() throws {
    let harness = LoopHarness()
    var open = 0
    var closed = 0
    let count = 300
    let peer = try harness.listen { stream in
      open += 1
      let server = Recorder()
      server.onEnd = { $0.close() }
      server.onClose = { _, _ in
        closed += 1
        if closed == count { harness.loop.stop() }
      }
      stream.handler = server
    }
    for _ in 0..<count {
      let client = Recorder()
      client.onConnect = { $0.closeAfterFlush() }
      harness.connect(to: peer, client)
    }
    harness.run()
    #expect(open == count)
    #expect(harness.loop.counters.acceptedStreams == count)
  }

  @Test func `two loops share a port and between them take every connection`() throws {
    let total = 200
    let ports = Mailbox<UInt16>()
    let firstCount = Mailbox<Int>()
    let wakers = Mailbox<any LoopWaker>()
    let thread = LoopThread.start(name: "shares-a-port") { loop in
      let harness = LoopHarness(loop: loop)
      var options = ListenerOptions()
      options.sharesPort = true
      var accepted = 0
      do {
        let address = try harness.listen(options: options) { stream in
          accepted += 1
          stream.write("a")
          stream.closeAfterFlush()
        }
        ports.put(address.port)
      } catch {
        Issue.record(error)
      }
      let handler = LoopEvents()
      handler.onWake = { loop.stop() }
      loop.handler = handler
      wakers.put(loop.waker)
      harness.run()
      firstCount.put(accepted)
    }
    let harness = LoopHarness()
    var options = ListenerOptions()
    options.sharesPort = true
    var second = 0
    let address = HostAndPort(host: "127.0.0.1", port: ports.take())
    let listener = try harness.loop.listen(
      on: address, options: options,
      handler: Acceptor { stream in
        second += 1
        stream.write("b")
        stream.closeAfterFlush()
      })
    #expect(listener.address == address)
    var answers: [String: Int] = [:]
    var done = 0
    for _ in 0..<total {
      let client = Recorder()
      client.onEnd = { $0.close() }
      client.onClose = { _, _ in
        answers[client.receivedText, default: 0] += 1
        done += 1
        if done == total { harness.loop.stop() }
      }
      harness.connect(to: address, client)
    }
    harness.run()
    wakers.take().wake()
    thread.join()
    let first = firstCount.take()
    #expect(first + second == total)
    #expect(first > 0 && second > 0)
    #expect(answers == ["a": first, "b": second])
  }
}
