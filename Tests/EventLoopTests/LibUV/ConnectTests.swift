import EventLoop
import Glibc
import Testing
import Vocabulary

@Suite struct ConnectTests {
  @Test func `a refused connection fails with the name of the error and before any byte`() throws {
    let harness = LoopHarness()
    let client = Recorder()
    let unused = try RawSocket.bound()
    harness.stopWhenClosed(client)
    let peer = HostAndPort(host: "127.0.0.1", port: unused.port)
    let stream = Recorder.quietly(client) { harness.connect(to: peer, client) }
    #expect(stream.peerDescription == peer.description)
    harness.run()
    let error = StreamError.connectFailed(detail: "ECONNREFUSED")
    #expect(client.events == [.closed(.failed(error))])
    #expect(error.isBeforeConnection)
  }

  @Test func `a connection that fails within the call is told later`() {
    let harness = LoopHarness()
    let client = Recorder()
    harness.stopWhenClosed(client)
    // A broadcast address is refused by connect(2) itself (EACCES or ENETUNREACH).
    let peer = HostAndPort(host: "255.255.255.255", port: 80)
    _ = Recorder.quietly(client) { harness.connect(to: peer, client) }
    harness.run()
    guard case .failed(.connectFailed)? = client.closeReasons.first else {
      Issue.record("\(client.events)")
      return
    }
  }

  @Test func `a peer that does not answer is given up when the time-out is over`() throws {
    let harness = LoopHarness()
    let client = Recorder()
    let silent = try RawSocket.bound()
    #expect(listen(silent.descriptor, 0) == 0)
    // One connection fills the queue; the kernel then ignores further SYNs.
    let first = try RawSocket.connected(to: silent.port)
    let second = try RawSocket.connected(to: silent.port, blocking: false)
    harness.stopWhenClosed(client)
    let start = harness.loop.now
    let peer = HostAndPort(host: "127.0.0.1", port: silent.port)
    let stream = harness.connect(to: peer, timeout: .milliseconds(80), client)
    harness.run()
    #expect(client.events == [.closed(.failed(.connectTimedOut))])
    #expect(stream.loop.now - start >= .milliseconds(80))
    #expect(first.descriptor != second.descriptor)
  }

  @Test func `a name without addresses fails as unresolvable, for all who wait for it`() {
    let harness = LoopHarness()
    let clients = [Recorder(), Recorder(), Recorder()]
    harness.stopWhenClosed(clients[0], clients[1], clients[2])
    let peer = HostAndPort(host: "nonexistent.invalid", port: 80)
    for client in clients {
      _ = Recorder.quietly(client) { harness.connect(to: peer, client) }
    }
    harness.run()
    for client in clients {
      guard case .failed(.resolutionFailed(let detail))? = client.closeReasons.first else {
        Issue.record("\(client.events)")
        continue
      }
      #expect(detail.hasPrefix("EAI_"))
    }
  }

  @Test(arguments: ["", "a\0b", String(repeating: "x", count: 300), "not a name", "[::1]"])
  func `a host that cannot be a name fails as unresolvable`(host: String) {
    let harness = LoopHarness()
    let client = Recorder()
    harness.stopWhenClosed(client)
    let peer = HostAndPort(host: host, port: 80)
    _ = Recorder.quietly(client) { harness.connect(to: peer, client) }
    harness.run()
    guard case .failed(.resolutionFailed)? = client.closeReasons.first else {
      Issue.record("\(client.events)")
      return
    }
  }

  @Test func `a name is resolved and its addresses are tried until one answers`() throws {
    let harness = LoopHarness()
    let (client, again) = (Recorder(), Recorder())
    // Bound to 127.0.0.1 only: where localhost is ::1 first, that one is tried and refused.
    let peer = try harness.listen { $0.handler = Recorder() }
    let name = HostAndPort(host: "localhost", port: peer.port)
    client.onConnect = { stream in
      #expect(stream.peerDescription == peer.description)
      stream.close()
    }
    client.onClose = { _, _ in
      harness.connect(to: name, again)
    }
    again.onConnect = { $0.close() }
    again.onClose = { _, _ in harness.loop.stop() }
    harness.connect(to: name, client)
    harness.run()
    #expect(client.events == [.connected, .closed(.closedHere)])
    #expect(again.events == client.events)
  }

  @Test(arguments: ["127.0.0.1", "localhost", "nonexistent.invalid"])
  func `a connection closed before it is up is told once`(host: String) throws {
    let harness = LoopHarness()
    let client = Recorder()
    let peer = try harness.listen { $0.handler = Recorder() }
    harness.stopWhenClosed(client)
    Recorder.quietly(client) {
      let stream = harness.connect(to: HostAndPort(host: host, port: peer.port), client)
      stream.write("never sent")
      stream.close()
      stream.close()
    }
    harness.run()
    #expect(client.events == [.closed(.closedHere)])
  }

  @Test func `closeAfterFlush on a stream still connecting closes without waiting`() throws {
    let harness = LoopHarness()
    let client = Recorder()
    let peer = try harness.listen { $0.handler = Recorder() }
    harness.stopWhenClosed(client)
    harness.connect(to: peer, client).closeAfterFlush()
    harness.run()
    #expect(client.events == [.closed(.closedHere)])
  }

  @Test func `a stream nobody holds lives until its end`() throws {
    let harness = LoopHarness()
    weak var weakStream: AnyObject?
    let client = Recorder()
    let peer = try harness.listen { $0.handler = Recorder() }
    client.onConnect = { $0.close() }
    harness.stopWhenClosed(client)
    weakStream = harness.connect(to: peer, client)
    #expect(weakStream != nil)
    harness.run()
    #expect(client.events == [.connected, .closed(.closedHere)])
    #expect(weakStream == nil)
  }
}
