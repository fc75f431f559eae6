import EventLoop
import PDRouter
import Synchronization
import Vocabulary

/// An engine on a thread of its own that only counts: how many requests are with it at once.
final class CountingEngine: Sendable {
  private let thread: EngineThread
  private let counts: CountingDesk.Counts
  /// Where it listens.
  let address: HostAndPort

  /// Answers each request after `delay`; nil when no port can be opened.
  init?(answeringAfter delay: Duration) {
    let counts = CountingDesk.Counts()
    let thread = EngineThread { [try CountingDesk(on: $0, delay: delay, counts: counts)] }
    guard let thread, let address = thread.addresses.first else { return nil }
    self.thread = thread
    self.address = address
    self.counts = counts
  }

  /// The most requests that were with it at once, and how many came in all.
  var figures: (most: Int, total: Int) {
    (counts.most.load(ordering: .relaxed), counts.total.load(ordering: .relaxed))
  }

  /// Ends it and waits for the thread's end.
  func stop() {
    thread.stop()
  }
}

/// Answers a counting engine's requests.
private final class CountingDesk: ExchangeHandler, KeptEngine {
  /// What has been counted; read from any thread.
  final class Counts: Sendable {
    let most = Atomic<Int>(0)
    let total = Atomic<Int>(0)
  }

  private let loop: LibUVLoop
  private let delay: Duration
  private let counts: Counts
  private(set) var address = HostAndPort(host: "127.0.0.1", port: 0)
  private var frontend: Frontend?
  private var present = 0

  init(on loop: LibUVLoop, delay: Duration, counts: Counts) throws(StreamError) {
    self.loop = loop
    self.delay = delay
    self.counts = counts
    let frontend = Frontend(loop: loop, handler: self, limits: Limits(), timeouts: Timeouts())
    address = try frontend.listen(on: address, sharesPort: false)
    self.frontend = frontend
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

  func stop() {
    frontend?.abort()
    frontend = nil
  }
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
