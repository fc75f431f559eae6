import EventLoop
import Glibc
import Testing
import Vocabulary

/// Writes a digit at each end of a wake-up it asked for, and asks again so many times.
private final class WakeUpEndLog: WakeUpEndHandler {
  private let stream: any ByteStream
  private var again: Int
  private(set) var calls = 0

  init(_ stream: any ByteStream, again: Int) {
    self.stream = stream
    self.again = again
  }

  func wakeUpWillEnd(_ loop: any Loop) {
    calls += 1
    let digit = Array("\(again + 1)".utf8)
    digit.withUnsafeBytes { stream.write($0) }
    again -= 1
    if again >= 0 { loop.callAtWakeUpEnd(self) }
  }
}

@Suite struct LibUVLoopTests {
  @Test func `a waker wakes the loop from another thread`() {
    let harness = LoopHarness()
    let events = LoopEvents()
    events.onWake = { harness.loop.stop() }
    harness.loop.handler = events
    let waker = harness.loop.waker
    let other = LoopThread.start(name: "waker") { _ in waker.wake() }
    harness.run()
    other.join()
    #expect(events.wakes == 1)
  }

  @Test func `wakes from several threads are heard after the last of them`() {
    let harness = LoopHarness()
    let events = LoopEvents()
    let waker = harness.loop.waker
    let count = Counter()
    harness.loop.handler = events
    events.onWake = { if count.value == 3_000 { harness.loop.stop() } }
    let threads = (0..<3).map { number in
      LoopThread.start(name: "waker-\(number)") { _ in
        for _ in 0..<1_000 {
          count.add()
          waker.wake()
        }
      }
    }
    harness.run()
    for thread in threads { thread.join() }
    #expect(events.wakes >= 1 && events.wakes <= 3_000)
  }

  @Test func `a waker does nothing once its loop has ended`() {
    var loop: LibUVLoop? = LibUVLoop()
    let waker = loop!.waker
    loop?.stop()
    loop?.run()
    waker.wake()
    loop = nil
    for _ in 0..<3 { waker.wake() }
  }

  @Test func `who asks for a wake-up's end is called once, before what was written leaves`() throws
  {
    let harness = LoopHarness()
    let server = Recorder()
    let peer = try harness.listen { $0.handler = server }
    let client = Recorder()
    let stream = harness.connect(to: peer, client)
    let end = WakeUpEndLog(stream, again: 2)
    client.onConnect = { _ in
      harness.loop.callAtWakeUpEnd(end)
      #expect(end.calls == 0)
    }
    server.onRead = { _, _ in harness.loop.stop() }
    harness.run()
    #expect(end.calls == 3)
    #expect(server.receivedText == "321")
  }

  @Test func `nobody is called at the end of wake-ups of a loop that has ended`() {
    let loop = LibUVLoop()
    let stream = loop.connect(
      to: HostAndPort(host: "127.0.0.1", port: 1), timeout: .seconds(1), options: StreamOptions(),
      handler: Recorder())
    let end = WakeUpEndLog(stream, again: 0)
    loop.stop()
    loop.run()
    loop.callAtWakeUpEnd(end)
    #expect(end.calls == 0)
  }

  @Test func `a loop that never ran goes away by itself`() {
    weak var weakLoop: LibUVLoop?
    var waker: (any LoopWaker)?
    do {
      let loop = LibUVLoop()
      weakLoop = loop
      waker = loop.waker
      let timer = loop.makeTimer()
      #expect(!timer.isArmed)
    }
    #expect(weakLoop == nil)
    waker?.wake()
  }

  @Test func `stopping closes every stream, listener and timer and lets go of all`() throws {
    weak var weakLoop: LibUVLoop?
    let (server, client, pending) = (Recorder(), Recorder(), Recorder())
    try { () throws in
      let harness = LoopHarness()
      weakLoop = harness.loop
      let peer = try harness.listen { $0.handler = server }
      let timer = harness.loop.makeTimer()
      let action = TimerAction { Issue.record("the loop has ended") }
      timer.arm(after: .seconds(60), for: action)
      client.onConnect = { $0.write(pattern(4_000_000)) }
      server.onRead = { stream, _ in
        stream.pauseReading()
        harness.connect(to: peer, pending)
        stream.loop.stop()
      }
      harness.connect(to: peer, client)
      harness.run()
      #expect(!timer.isArmed)
      timer.arm(after: .zero, for: action)
      #expect(!timer.isArmed)
    }()
    #expect(client.events == [.connected, .closed(.closedHere)])
    #expect(server.events == [.closed(.closedHere)])
    #expect(pending.closeReasons == [.closedHere])
    #expect(weakLoop == nil)
  }

  @Test func `a handler that connects again at every end does not keep a loop from ending`() throws
  {
    let harness = LoopHarness()
    let client = Stubborn(loop: harness.loop)
    let peer = try harness.listen { $0.handler = Recorder() }
    client.peer = peer
    _ = harness.loop.connect(
      to: peer, timeout: .seconds(5), options: StreamOptions(), handler: client)
    harness.run()
    #expect(client.closes > 1)
    #expect(throws: StreamError.bindFailed(detail: "ECANCELED")) {
      _ = try harness.loop.listen(
        on: peer, options: ListenerOptions(), handler: Acceptor { _ in })
    }
  }

  @Test func `now stands still within a wake-up and moves on between them`() {
    let harness = LoopHarness()
    let loop = harness.loop
    let timer = loop.makeTimer()
    var times: [Instant] = []
    let action = TimerAction { again, timer in
      let now = loop.now
      for _ in 0..<1_000 where loop.now != now { Issue.record("time moved") }
      times.append(now)
      if times.count == 5 { loop.stop() } else { timer.arm(after: .milliseconds(1), for: again) }
    }
    timer.arm(after: .milliseconds(1), for: action)
    harness.run()
    #expect(times == times.sorted() && Set(times).count == times.count)
  }

  @Test func `a thread is named, has its own loop, and is waited for`() {
    let name = Mailbox<String>()
    let thread = LoopThread.start(name: "a-rather-long-name") { loop in
      var text = [CChar](repeating: 0, count: 32)
      let file = open("/proc/thread-self/comm", O_RDONLY)
      _ = read(file, &text, 31)
      _ = close(file)
      name.put(String(decoding: text.prefix { $0 != 10 }.map { UInt8($0) }, as: UTF8.self))
      loop.stop()
      loop.run()
    }
    thread.join()
    #expect(name.take() == "a-rather-long-n")
  }

  @Test func `watched signals arrive at the handler`() async {
    await #expect(processExitsWith: .success) {
      let loop = LibUVLoop()
      let events = LoopEvents()
      loop.handler = events
      for number in [SIGTERM, SIGHUP, SIGTERM] { loop.watchSignal(number) }
      events.onSignal = { number in
        if number == SIGTERM { kill(getpid(), SIGHUP) } else { loop.stop() }
      }
      kill(getpid(), SIGTERM)
      loop.run()
      exit(events.signals == [SIGTERM, SIGHUP] ? 0 : 1)
    }
  }
}

/// Connects again whenever its stream ends; stops the loop at the first connection.
private final class Stubborn: ByteStreamHandler {
  let loop: LibUVLoop
  var peer: HostAndPort?
  var closes = 0

  init(loop: LibUVLoop) {
    self.loop = loop
  }

  func streamDidConnect(_ stream: any ByteStream) { loop.stop() }
  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {}
  func streamDidReadEnd(_ stream: any ByteStream) {}
  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    closes += 1
    guard let peer else { return }
    _ = loop.connect(to: peer, timeout: .seconds(5), options: StreamOptions(), handler: self)
  }
}
