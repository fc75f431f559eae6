internal import EventLoop
internal import JSONFields
internal import Vocabulary

/// A client of `POST /add_worker` that waits until the worker it has added is found healthy.
///
/// Looks every `interval` until one of the workers that the URL names is, so on any loop, whoever
/// probes them. When the time is over, or the client leaves, the worker is removed again: it was
/// never in use. Keeps itself alive by its timer.
final class WorkerArrival {
  /// From one look to the next.
  static let interval: Duration = .milliseconds(50)

  private let url: WorkerURL
  private let role: Role
  private let router: RouterLoop
  private let held: HeldAnswer
  private let timer: any LoopTimer
  private let deadline: Instant

  init(of url: WorkerURL, role: Role, router: RouterLoop, for exchange: Exchange) {
    self.url = url
    self.role = role
    self.router = router
    held = HeldAnswer(exchange)
    timer = router.loop.makeTimer()
    deadline = router.loop.now + router.configuration.startup.timeout
  }

  /// Begins to wait; a worker that nobody probes is taken to be there.
  func begin() {
    held.whenLost = { [self] in giveUp() }
    look()
  }

  private func look() {
    let workers = workers
    if workers.contains(where: \.isHealthy) {
      held.answer { OwnAnswers.respond($0, text: "Successfully added worker: \(url)") }
    } else if workers.isEmpty {
      refuse(400, "Worker \(url) was removed before it was healthy")
    } else if router.isStopping {
      giveUp()
      refuse(503, "The router is shutting down")
    } else if router.loop.now >= deadline {
      giveUp()
      let seconds = router.configuration.startup.timeout.components.seconds
      refuse(400, "Worker \(url) was not healthy within \(seconds) s and was removed again")
    } else {
      timer.arm(after: WorkerArrival.interval, for: self)
    }
  }

  private var workers: [Worker] {
    router.registry.workers.filter { $0.role == role && $0.url.isNamed(by: url) }
  }

  private func giveUp() {
    timer.cancel()
    guard workers.count(where: { router.registry.remove($0.id) }) > 0 else { return }
    router.tellAll(.membershipChanged)
  }

  private func refuse(_ status: Int, _ message: String) {
    held.answer { exchange in
      var body = ByteBuffer(capacity: 256)
      AdminRefusal(status: status, code: "ADD_WORKER_FAILED", message: message).append(to: &body)
      OwnAnswers.respond(exchange, status: status, json: body)
    }
  }
}

extension WorkerArrival: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    look()
  }
}
