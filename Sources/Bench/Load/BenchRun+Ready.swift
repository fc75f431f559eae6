internal import EventLoop
internal import JSONFields
internal import Vocabulary

/// What comes before a run: which model, whether the server is there, warm-ups.
extension BenchRun {
  /// Between two tries.
  private static let pause = Duration.seconds(1)

  /// Begins, or goes on after a pause.
  func prepare() {
    guard phase == .lookingUp || phase == .checking else { return }
    if readyDeadline == .zero {
      readyDeadline = MonotonicClock.now + (plan.readyTimeout ?? .zero)
    }
    if plan.shape.model.isEmpty {
      begin(.model, number: -1, due: MonotonicClock.now)
    } else if plan.readyTimeout != nil {
      phase = .checking
      begin(.ready, number: -1, due: MonotonicClock.now)
    } else {
      startWarmingUp()
    }
  }

  /// The list of models has come, or not.
  func didLookUp(_ connection: BenchConnection, _ failure: RequestFailure?) {
    guard failure == nil else { return tryAgain(failure) }
    var name: String?
    connection.withBody { bytes in
      name = (try? JSONValue(validating: bytes))?["data"]?[0]?["id"]?.string
    }
    guard let name, !name.isEmpty else {
      return tryAgain(
        RequestFailure(
          kind: "no model is listed at \(plan.shape.modelsPath)", detail: "say --model"))
    }
    plan.shape.model = name
    prepare()
  }

  /// The first request is over.
  func didCheck(_ failure: RequestFailure?) {
    guard failure == nil else { return tryAgain(failure) }
    startWarmingUp()
  }

  private func tryAgain(_ failure: RequestFailure?) {
    guard phase != .over else { return }
    let text = failure?.text ?? ""
    // What is wrong with a request stays wrong.
    let isFinal = text.hasPrefix("HTTP 4")
    guard !isFinal, MonotonicClock.now + BenchRun.pause < readyDeadline else {
      outcome.ending = .notReady(text)
      outcome.start = MonotonicClock.now
      return finish()
    }
    whenNotReady?(text)
    whenNotReady = nil
    retryTimer.arm(after: BenchRun.pause, for: self)
  }

  private func startWarmingUp() {
    phase = .warmingUp
    warmUpsLeft = plan.warmUps
    warmUp()
  }

  /// Sends the warm-ups that may be sent; goes on when all are over.
  func warmUp() {
    guard phase == .warmingUp else { return }
    while warmUpsLeft > 0, mayBegin {
      // Numbers below 0 are requests beside the run; the first is the check's.
      begin(.warmUp, number: -1 - warmUpsLeft, due: MonotonicClock.now)
      warmUpsLeft -= 1
    }
    if warmUpsLeft == 0, inFlight == 0 { start() }
  }
}
