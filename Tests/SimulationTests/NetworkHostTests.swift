import EventLoop
import Simulation
import Testing
import Vocabulary

@Suite struct NetworkHostTests {
  private static let refused = StreamCloseReason.failed(.connectFailed(detail: "ECONNREFUSED"))
  private static let reset = StreamCloseReason.failed(.connectionBroken(detail: "ECONNRESET"))
  private static let timedOut = StreamCloseReason.failed(.connectTimedOut)

  @Test func `a port nobody listens on refuses`() throws {
    let pair = try Pair()
    _ = pair.connect(port: 81)
    #expect(pair.settle())
    #expect(pair.client.heard == [.closed(Self.refused)])
  }

  @Test func `a closed listener refuses and what it accepted lives on`() throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    pair.listener.close()
    client.write("still here")
    #expect(pair.settle())
    #expect(pair.server.text == "still here")
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.client.closeReasons == [Self.refused])
  }

  @Test func `a name nobody has does not resolve, an address nobody has times out`() throws {
    let pair = try Pair()
    let rows: [(String, StreamCloseReason)] = [
      ("nowhere", .failed(.resolutionFailed(detail: "EAI_NONAME"))),
      ("10.9.8.7", Self.timedOut), ("fd00::7", Self.timedOut),
    ]
    for (name, reason) in rows {
      let client = Recorder()
      let start = pair.world.now
      _ = pair.near.loop.connect(
        to: HostAndPort(host: name, port: 80), timeout: .seconds(3), options: StreamOptions(),
        handler: client)
      #expect(pair.settle())
      #expect(client.heard == [.closed(reason)])
      if reason == Self.timedOut { #expect(client.instants[0] - start == .seconds(3)) }
    }
  }

  @Test func `listening follows the rules of ports`() throws {
    let pair = try Pair()
    let server = Recorder()
    func listen(_ host: String, _ port: UInt16, shared: Bool = false) throws -> any Listener {
      var options = ListenerOptions()
      options.sharesPort = shared
      return try pair.far.loop.listen(
        on: HostAndPort(host: host, port: port), options: options, handler: server)
    }
    #expect(throws: StreamError.bindFailed(detail: "EADDRINUSE")) { try listen("far", 80) }
    #expect(throws: StreamError.bindFailed(detail: "EADDRINUSE")) {
      try listen("0.0.0.0", 80, shared: true)
    }
    #expect(throws: StreamError.bindFailed(detail: "EADDRNOTAVAIL")) { try listen("near", 81) }
    let first = try listen("::", 0)
    let second = try listen("far", 0)
    #expect(first.address.port != 0 && second.address.port != first.address.port)
    _ = try listen("far", 82, shared: true)
    _ = try listen("far", 82, shared: true)
    pair.listener.close()
    #expect(try listen("far", 80).address == HostAndPort(host: "far", port: 80))
  }

  @Test func `a loopback listener hears only its own host`() throws {
    let pair = try Pair()
    let server = Recorder()
    let listener = try pair.far.loop.listen(
      on: HostAndPort(host: "127.0.0.1", port: 0), options: ListenerOptions(), handler: server)
    _ = pair.connect(port: listener.address.port)
    let local = Recorder()
    _ = pair.far.loop.connect(
      to: HostAndPort(host: "localhost", port: listener.address.port), timeout: .seconds(1),
      options: StreamOptions(), handler: local)
    #expect(pair.settle())
    #expect(pair.client.closeReasons == [Self.refused])
    #expect(local.heard == [.connected])
  }

  @Test func `loops that share a port share its connections`() throws {
    var options = ListenerOptions()
    options.sharesPort = true
    let pair = try Pair(options: options)
    let other = Recorder()
    let second = pair.far.makeLoop()
    _ = try second.listen(
      on: HostAndPort(host: "far", port: 80), options: options, handler: other)
    for _ in 0..<200 { _ = pair.connect() }
    #expect(pair.settle())
    #expect(pair.server.accepted.count + other.accepted.count == 200)
    #expect(pair.server.accepted.count > 60 && other.accepted.count > 60)
    #expect(other.accepted[0].loop === second)
  }

  @Test(arguments: [CrashTrace.resets, .ends])
  func `a crash is seen by peers and by nobody on the host`(_ traceLeft: CrashTrace) throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    server.write("sent before")
    server.flush()
    pair.far.crash(leaving: traceLeft)
    server.write("nobody sends this")
    #expect(!pair.far.isAlive)
    #expect(pair.settle())
    #expect(pair.server.heard.isEmpty)
    #expect(pair.client.text == "sent before")
    if traceLeft == .resets {
      #expect(pair.client.closeReasons == [Self.reset])
    } else {
      #expect(pair.client.heard.last == .end)
      client.write("late")
      #expect(pair.settle())
      #expect(pair.client.closeReasons == [Self.reset])
    }
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.client.closeReasons.last == Self.refused)
  }

  @Test func `a kill with bytes unread resets as Linux does`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    server.pauseReading()
    client.write("unread")
    #expect(pair.settle())
    pair.far.crash(leaving: .ends)
    #expect(pair.settle())
    #expect(pair.client.closeReasons == [Self.reset])
  }

  @Test func `a host may crash from its own callback and hears nothing more`() throws {
    let pair = try Pair()
    final class Never: LoopTimerHandler {
      var fired = 0
      func timerDidFire(_ timer: any LoopTimer) { fired += 1 }
    }
    let never = Never()
    let timer = pair.far.loop.makeTimer()
    timer.arm(after: .milliseconds(20), for: never)
    let (client, _) = pair.connected()
    let (other, _) = pair.connected()
    pair.server.onRead = { stream, _ in
      stream.write("dying")
      pair.far.crash()
      stream.write("dead")
      stream.close()
      timer.arm(after: .milliseconds(1), for: never)
    }
    client.write("die")
    other.write("die too")
    #expect(pair.settle())
    #expect(pair.server.reads == 1)
    #expect(pair.server.closeReasons.isEmpty)
    #expect(pair.client.text.isEmpty)
    #expect(pair.client.closeReasons == [Self.reset, Self.reset])
    #expect(never.fired == 0)
    #expect(!timer.isArmed)
  }

  @Test func `a crash lets go of every handler`() throws {
    let pair = try Pair()
    weak var handler: Recorder?
    do {
      let lost = Recorder()
      handler = lost
      let (_, server) = pair.connected()
      lost.onRead = { _, _ in _ = server.peerDescription }
      server.handler = lost
    }
    pair.server.accepted.removeAll()
    #expect(handler != nil)
    pair.far.crash()
    #expect(handler == nil)
  }

  @Test func `a restarted host starts empty under the same name`() throws {
    let pair = try Pair()
    _ = pair.connected()
    let before = pair.far.loop
    pair.far.crash()
    let after = pair.far.restart()
    #expect(after !== before && before.isDead && !after.isDead)
    #expect(after.streamCount == 0)
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.client.closeReasons == [Self.reset, Self.refused])
    _ = try after.listen(
      on: HostAndPort(host: "far", port: 80), options: ListenerOptions(), handler: pair.server)
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.client.heard.last == .connected)
  }

  @Test func `a vanished host leaves peers hanging until keep-alive gives up`() throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    pair.far.crash(leaving: .silence)
    let start = pair.world.now
    client.write("into the void")
    pair.world.run(for: .seconds(60))
    #expect(pair.client.closeReasons.isEmpty)
    _ = pair.connect(timeout: .seconds(2))
    pair.world.run(for: .seconds(3))
    #expect(pair.client.closeReasons == [Self.timedOut])
    #expect(pair.settle())
    #expect(
      pair.client.closeReasons.last == .failed(.connectionBroken(detail: "ETIMEDOUT")))
    let taken = pair.client.instants[pair.client.instants.count - 1] - start
    #expect(taken == .seconds(30 + 9 * 75))
  }

  @Test(arguments: [true, false])
  func `peers of a vanished host learn from its restart`(_ hasWritten: Bool) throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    pair.far.crash(leaving: .silence)
    if hasWritten { client.write("again and again") }
    pair.world.run(for: .seconds(10))
    #expect(pair.client.closeReasons.isEmpty)
    _ = pair.far.restart()
    let isGone = pair.world.run(within: .seconds(hasWritten ? 1 : 21)) {
      !pair.client.closeReasons.isEmpty
    }
    #expect(isGone)
    #expect(pair.client.closeReasons == [Self.reset])
  }

  @Test func `a partition holds what is sent and heals without loss`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    pair.world.partition(pair.near, pair.far)
    client.write("one ")
    server.write("back")
    pair.world.run(for: .seconds(1))
    client.write("two")
    client.finishWriting()
    pair.world.run(for: .seconds(1))
    #expect(pair.server.heard.isEmpty)
    pair.world.heal(pair.near, pair.far)
    #expect(pair.settle())
    #expect(pair.server.text == "one two")
    #expect(pair.server.heard.last == .end)
    #expect(pair.client.text == "back")
    #expect(pair.client.closeReasons.isEmpty)
  }

  @Test func `a one-way partition carries the other way`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    pair.world.partition(pair.near, pair.far, oneWay: true)
    client.write("held")
    server.write("passes")
    pair.world.run(for: .seconds(1))
    #expect(pair.client.text == "passes")
    #expect(pair.server.text.isEmpty)
    pair.world.healAll()
    pair.world.run(for: .seconds(1))
    #expect(pair.server.text == "held")
  }

  @Test func `a connection tried across a partition times out and is not made later`() throws {
    let pair = try Pair()
    pair.world.partition(pair.near, pair.far)
    _ = pair.connect(timeout: .seconds(2))
    pair.world.run(for: .seconds(3))
    pair.world.heal(pair.near, pair.far)
    #expect(pair.settle())
    #expect(pair.client.heard == [.closed(Self.timedOut)])
    #expect(pair.server.accepted.isEmpty)
  }

  @Test func `a connection accepted but never confirmed ends on both sides`() throws {
    let pair = try Pair()
    pair.server.onAccept = { _ in pair.world.partition(pair.near, pair.far) }
    pair.server.onEnd = { $0.close() }
    _ = pair.connect(timeout: .seconds(2))
    pair.world.run(for: .seconds(3))
    #expect(pair.client.heard == [.closed(Self.timedOut)])
    pair.world.heal(pair.near, pair.far)
    #expect(pair.settle())
    #expect(pair.server.closeReasons == [Self.reset])
  }

  @Test func `chances of refusal and reset come true about as often as they say`() throws {
    var conditions = NetworkConditions()
    conditions.refusalChance = 0.25
    conditions.resetChance = 0.1
    let pair = try Pair(conditions)
    pair.client.onConnect = { $0.write("x") }
    for _ in 0..<2000 { _ = pair.connect() }
    #expect(pair.settle())
    let refusals = pair.client.closeReasons.filter { $0 == Self.refused }.count
    let resets = pair.client.closeReasons.filter { $0 == Self.reset }.count
    #expect((430...570).contains(refusals))
    #expect((110...190).contains(resets))
    #expect(pair.server.closeReasons.filter { $0 == Self.reset }.count == resets)
    #expect(pair.server.bytes.count == 2000 - refusals - resets)
  }
}
