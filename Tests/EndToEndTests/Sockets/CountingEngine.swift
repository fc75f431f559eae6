import Dispatch
import EventLoop
import PDRouter
import Synchronization
import Vocabulary

/// An engine on a thread of its own that only counts: how many requests are with it at once.
final class CountingEngine: Sendable {
  private let thread: LoopThread
  private let waker: any LoopWaker
  private let counts: CountingDesk.Counts
  /// Where it listens.
  let address: HostAndPort

  /// Answers each request after `delay`; nil when no port can be opened.
  init?(answeringAfter delay: Duration) {
    let counts = CountingDesk.Counts()
    let box = Box()
    thread = LoopThread.start(name: "engine") { loop in
      let desk = CountingDesk(on: loop, delay: delay, counts: counts)
      loop.handler = desk
      box.started.withLock { $0 = desk.listen().map { (loop.waker, $0) } }
      box.isReady.signal()
      loop.run()
    }
    box.isReady.wait()
    guard let (waker, address) = box.started.withLock({ $0 }) else { return nil }
    self.waker = waker
    self.address = address
    self.counts = counts
  }

  /// The most requests that were with it at once, and how many came in all.
  var figures: (most: Int, total: Int) {
    (counts.most.load(ordering: .relaxed), counts.total.load(ordering: .relaxed))
  }

  /// Ends it and waits for the thread's end.
  func stop() {
    waker.wake()
    thread.join()
  }

  private final class Box: Sendable {
    let started = Mutex<(waker: any LoopWaker, address: HostAndPort)?>(nil)
    let isReady = DispatchSemaphore(value: 0)
  }
}

/// Answers a counting engine's requests.
private final class CountingDesk: ExchangeHandler, LoopHandler {
  /// What has been counted; read from any thread.
  final class Counts: Sendable {
    let most = Atomic<Int>(0)
    let total = Atomic<Int>(0)
  }

  private let loop: LibUVLoop
  private let delay: Duration
  private let counts: Counts
  private var frontend: Frontend?
  private var present = 0

  init(on loop: LibUVLoop, delay: Duration, counts: Counts) {
    self.loop = loop
    self.delay = delay
    self.counts = counts
  }

  func listen() -> HostAndPort? {
    let frontend = Frontend(loop: loop, handler: self, limits: Limits(), timeouts: Timeouts())
    self.frontend = frontend
    return try? frontend.listen(on: HostAndPort(host: "127.0.0.1", port: 0), sharesPort: false)
  }

  func handle(_ exchange: Exchange) {
    guard exchange.body.count > 0 else { return answer(exchange) }
    present += 1
    counts.most.max(present, ordering: .relaxed)
    counts.total.wrappingAdd(1, ordering: .relaxed)
    let stay = Stay(timer: loop.makeTimer()) { [unowned self] stay in
      present -= 1
      if stay.isAnswered { answer(exchange) }
    }
    exchange.observer = stay
    stay.timer.arm(after: delay, for: stay)
  }

  private func answer(_ exchange: Exchange) {
    var fields = ByteBuffer()
    fields.append("content-type: application/json\r\n")
    var body = ByteBuffer()
    body.append("{}")
    exchange.respond(status: 200, fields: fields, body: body)
  }

  func didRefuse(status: Int) {}

  func loopDidWake(_ loop: any Loop) {
    frontend?.abort()
    frontend = nil
    loop.stop()
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
}

/// One request's stay with a counting engine.
private final class Stay: ExchangeObserver, LoopTimerHandler {
  let timer: any LoopTimer
  private(set) var isAnswered = false
  private var whenOver: ((Stay) -> Void)?

  init(timer: any LoopTimer, whenOver: @escaping (Stay) -> Void) {
    self.timer = timer
    self.whenOver = whenOver
  }

  func timerDidFire(_ timer: any LoopTimer) {
    isAnswered = true
    end()
  }

  func exchangeDidLoseClient(_ exchange: Exchange) { end() }

  func exchangeDidDrain(_ exchange: Exchange) {}

  private func end() {
    timer.cancel()
    let ending = whenOver
    whenOver = nil
    ending?(self)
  }
}
