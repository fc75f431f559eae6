import EventLoop
import Simulation
import Testing
import Vocabulary

/// Notes the order and the instants in which its timers fire.
private final class TimerLog: LoopTimerHandler, LoopHandler {
  var names: [ObjectIdentifier: String] = [:]
  var fired: [String] = []
  var instants: [Instant] = []
  var wakes = 0
  var signals: [Int32] = []
  var onFire: ((any LoopTimer) -> Void)?
  let loop: SimulatedLoop

  init(_ loop: SimulatedLoop) { self.loop = loop }

  func make(_ name: String) -> any LoopTimer {
    let timer = loop.makeTimer()
    names[ObjectIdentifier(timer)] = name
    return timer
  }

  func timerDidFire(_ timer: any LoopTimer) {
    #expect(!timer.isArmed)
    fired.append(names[ObjectIdentifier(timer), default: "?"])
    instants.append(loop.now)
    onFire?(timer)
  }

  func loopDidWake(_ loop: any Loop) { wakes += 1 }
  func loop(_ loop: any Loop, didReceiveSignal number: Int32) { signals.append(number) }
}

/// Writes a digit at each end of a wake-up it asked for, and asks again so many times.
private final class WakeUpEndLog: WakeUpEndHandler {
  var stream: (any ByteStream)?
  private var again: Int
  private(set) var calls = 0

  init(again: Int) { self.again = again }

  func wakeUpWillEnd(_ loop: any Loop) {
    calls += 1
    let digit = Array("\(again + 1)".utf8)
    digit.withUnsafeBytes { stream?.write($0) }
    again -= 1
    if again >= 0 { loop.callAtWakeUpEnd(self) }
  }
}

@Suite struct NetworkLoopTests {
  private func makeLog() -> (SimulatedWorld, TimerLog) {
    let world = SimulatedWorld(seed: 1)
    let host = world.makeHost("h")
    return (world, TimerLog(host.loop))
  }

  @Test func `the clock does not start at zero`() {
    #expect(SimulatedWorld(seed: 1).now > .zero + .seconds(1))
  }

  @Test func `timers fire in order, never early and at most 5 ms late`() {
    let (world, log) = makeLog()
    world.run(for: .microseconds(1234))
    var random = SplitMix64(seed: 7)
    var timers: [any LoopTimer] = []
    var deadlines: [String: Instant] = [:]
    for index in 0..<1000 {
      let delay = Duration.microseconds(random.number(in: 0...2_000_000))
      let timer = log.make("\(index)")
      timer.arm(after: delay, for: log)
      deadlines["\(index)"] = world.now + delay
      timers.append(timer)
    }
    #expect(world.runUntilIdle(limit: .seconds(10)))
    #expect(log.fired.count == 1000)
    #expect(log.instants == log.instants.sorted())
    for (name, instant) in zip(log.fired, log.instants) {
      let late = instant - deadlines[name, default: .distantFuture]
      #expect(late >= .zero && late <= .milliseconds(5))
    }
  }

  @Test func `re-arming moves a timer later or earlier and it fires once`() {
    let (world, log) = makeLog()
    let start = world.now
    let later = log.make("later")
    let earlier = log.make("earlier")
    later.arm(after: .seconds(1), for: log)
    earlier.arm(after: .seconds(3), for: log)
    later.arm(after: .seconds(2), for: log)
    earlier.arm(after: .milliseconds(500), for: log)
    #expect(world.runUntilIdle(limit: .seconds(10)))
    #expect(log.fired == ["earlier", "later"])
    #expect(log.instants.map { $0 - start } == [.milliseconds(500), .seconds(2)])
  }

  @Test func `a cancelled timer neither fires nor moves the clock`() {
    let (world, log) = makeLog()
    let start = world.now
    let timer = log.make("never")
    timer.arm(after: .seconds(1), for: log)
    #expect(timer.isArmed)
    timer.cancel()
    #expect(!timer.isArmed)
    #expect(world.runUntilIdle(limit: .seconds(10)))
    #expect(log.fired.isEmpty)
    #expect(world.now == start)
    timer.arm(after: .milliseconds(10), for: log)
    #expect(world.runUntilIdle(limit: .seconds(10)))
    #expect(world.now - start == .milliseconds(10))
  }

  @Test func `a timer cancelled by another of the same tick does not fire`() {
    let (world, log) = makeLog()
    let first = log.make("first")
    let second = log.make("second")
    log.onFire = { _ in second.cancel() }
    first.arm(after: .milliseconds(10), for: log)
    second.arm(after: .milliseconds(10), for: log)
    #expect(world.runUntilIdle(limit: .seconds(10)))
    #expect(log.fired == ["first"])
  }

  @Test func `a timer re-armed with no delay when it fires lets time pass`() {
    let (world, log) = makeLog()
    let timer = log.make("again")
    log.onFire = { if log.fired.count < 100 { $0.arm(after: .zero, for: log) } }
    timer.arm(after: .zero, for: log)
    let start = world.now
    #expect(world.runUntilIdle(limit: .seconds(10)))
    #expect(world.now - start == .milliseconds(500))
  }

  @Test func `who asks for a wake-up's end is called once, before what was written leaves`() throws
  {
    let world = SimulatedWorld(seed: 1)
    let (server, client) = (world.makeHost("s"), world.makeHost("c"))
    let (heard, connected) = (Recorder(), Recorder())
    _ = try server.loop.listen(
      on: HostAndPort(host: "s", port: 80), options: ListenerOptions(), handler: heard)
    let end = WakeUpEndLog(again: 2)
    connected.onConnect = { stream in
      end.stream = stream
      stream.loop.callAtWakeUpEnd(end)
      #expect(end.calls == 0)
    }
    let stream = client.loop.connect(
      to: HostAndPort(host: "s", port: 80), timeout: .seconds(1), options: StreamOptions(),
      handler: connected)
    world.run(for: .seconds(1))
    #expect(end.calls == 3 && heard.text == "321" && heard.reads == 1)
    // From outside of any wake-up, it is the end of one made for it.
    client.loop.callAtWakeUpEnd(end)
    #expect(end.calls == 3)
    world.run(for: .seconds(1))
    #expect(end.calls == 4)
    client.crash()
    client.restart().callAtWakeUpEnd(end)
    stream.loop.callAtWakeUpEnd(end)
    world.run(for: .seconds(1))
    #expect(end.calls == 5)
  }

  @Test func `a timer that never comes never fires`() {
    let (world, log) = makeLog()
    let timer = log.make("never")
    timer.arm(after: .seconds(Int64.max), for: log)
    #expect(timer.isArmed)
    #expect(world.runUntilIdle(limit: .seconds(1)))
    #expect(log.fired.isEmpty)
  }

  @Test func `a timer holds its handler only while armed`() {
    let world = SimulatedWorld(seed: 1)
    let loop = world.makeHost("h").loop
    let timer = loop.makeTimer()
    weak var handler: TimerLog?
    do {
      let log = TimerLog(loop)
      handler = log
      timer.arm(after: .milliseconds(10), for: log)
    }
    #expect(handler != nil)
    #expect(world.runUntilIdle(limit: .seconds(1)))
    #expect(handler == nil)
  }

  @Test func `the loop's time stands still during a wake-up`() throws {
    let pair = try Pair()
    pair.server.onRead = { stream, _ in
      let before = stream.loop.now
      for _ in 0..<100 { stream.write(count: 1000) }
      #expect(stream.loop.now == before)
    }
    let (client, _) = pair.connected()
    client.write("x")
    #expect(pair.settle())
    #expect(pair.client.bytes.count == 100_000)
  }

  @Test func `several wakes arrive as one, from the loop`() {
    let (world, log) = makeLog()
    log.loop.handler = log
    let waker = log.loop.waker
    waker.wake()
    waker.wake()
    #expect(log.wakes == 0)
    #expect(world.runUntilIdle(limit: .seconds(1)))
    #expect(log.wakes == 1)
    waker.wake()
    #expect(world.runUntilIdle(limit: .seconds(1)))
    #expect(log.wakes == 2)
    world.host(named: "h")?.crash()
    waker.wake()
    #expect(world.runUntilIdle(limit: .seconds(1)))
    #expect(log.wakes == 2)
  }

  @Test func `a watched signal arrives and an unwatched one kills`() throws {
    let (world, log) = makeLog()
    log.loop.handler = log
    log.loop.watchSignal(15)
    log.loop.host.deliver(signal: 15)
    #expect(log.signals.isEmpty)
    #expect(world.runUntilIdle(limit: .seconds(1)))
    #expect(log.signals == [15])
    log.loop.host.deliver(signal: 9)
    #expect(!log.loop.host.isAlive)
  }

  @Test func `run drives the whole world until this loop stops`() throws {
    let pair = try Pair()
    pair.server.onAccept = { $0.write("pong") }
    pair.client.onRead = { stream, _ in
      stream.loop.stop()
      stream.write("sent before the end")
    }
    _ = pair.connect()
    let loop = pair.near.loop
    loop.run()
    #expect(loop.isDead && !pair.near.isAlive)
    #expect(pair.client.heard == [.connected, .read(4), .closed(.closedHere)])
    #expect(pair.settle())
    #expect(pair.server.text == "sent before the end")
    #expect(pair.server.heard.last == .end)
  }

  @Test func `stop closes all streams once, also those made while it ends`() throws {
    let pair = try Pair()
    let late = Recorder()
    let loop = pair.near.loop
    pair.client.onClose = { _ in
      _ = loop.connect(
        to: HostAndPort(host: "far", port: 80), timeout: .seconds(1), options: StreamOptions(),
        handler: late)
    }
    _ = pair.connected()
    _ = pair.connect()
    loop.stop()
    #expect(!loop.isDead)
    #expect(pair.settle())
    #expect(loop.isDead && loop.streamCount == 0)
    #expect(pair.client.closeReasons == [.closedHere, .closedHere])
    #expect(late.heard == [.closed(.closedHere), .closed(.closedHere)])
  }

  @Test func `run returns when nothing is left to happen`() {
    let (world, log) = makeLog()
    log.loop.run()
    #expect(!log.loop.isDead && world.eventCount == 0)
  }

  @Test func `running until a condition stops there or at the limit`() {
    let (world, log) = makeLog()
    let timer = log.make("t")
    timer.arm(after: .seconds(2), for: log)
    let start = world.now
    #expect(!world.run(within: .seconds(1)) { !log.fired.isEmpty })
    #expect(world.now - start == .seconds(1))
    #expect(world.run(within: .seconds(5)) { !log.fired.isEmpty })
    #expect(world.now - start == .seconds(2))
    #expect(!world.run(within: .seconds(5)) { false })
  }

  @Test func `a periodic timer keeps the world from falling idle`() {
    let (world, log) = makeLog()
    log.onFire = { $0.arm(after: .seconds(1), for: log) }
    log.make("tick").arm(after: .seconds(1), for: log)
    #expect(!world.runUntilIdle(limit: .seconds(10)))
    #expect(log.fired.count == 10)
  }
}
