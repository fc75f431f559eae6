internal import EventLoop
internal import KVTransfer
internal import Policies
internal import Vocabulary
internal import Wire

// Between attempts: whether there is to be another, when, and what is waited for.
extension Request {
  /// Whether another attempt may be made: within the budget of retries, and not when two engines
  /// may have died of the request already. The first attempt is always allowed, and so is one that
  /// the budget has granted.
  func mayTryAgain() -> Bool {
    // A request that kills engines would take the whole fleet with it (seen with vLLM 0.32).
    guard suspectedDeaths < 2 else { return false }
    if record.attempts == 0 || retryIsFree || course.isPermitted { return true }
    guard router.retryBudget.take() else {
      router.metrics.countRefusedRetry()
      return false
    }
    course.isPermitted = true
    return true
  }

  /// An attempt begins.
  func noteAttempt() {
    course.isPermitted = false
    course.pauseIsDue = false
  }

  /// The attempt has reached a worker and has failed: another one costs, and `pauses` before it
  /// begins.
  func noteDelivered(pauses: Bool = true) {
    retryIsFree = false
    course.pauseIsDue = pauses
  }

  /// Notes when the engine of `worker` wants to be asked again, if its answer on `leg` says so.
  func noteReturn(of worker: Worker?, from leg: Leg) {
    guard let worker, let seconds = retryAfter(of: leg) else { return }
    course.noteReturn(of: worker.id, at: router.loop.now + .seconds(seconds))
  }

  /// The seconds of an answer's `Retry-After`; a date (RFC 9110 §10.2.3) is none.
  func retryAfter(of leg: Leg) -> Int? {
    guard let field = leg.head.fields.first(.retryAfter) else { return nil }
    let seconds = Int(String(decoding: field.value.of(leg.headBytes.bytes), as: UTF8.self))
    return seconds.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Whether another attempt at what was answered with `status` makes sense; asks the budget.
  ///
  /// If not, the engine's own answer tells the client more than that nobody else is there. An
  /// engine that is full is not asked again: when it has room, its clients know best.
  func canBeBettered(_ status: Int) -> Bool {
    guard RetryableStatus.contains(status), machine.canBeReplaced, machine.attemptsLeft > 0,
      suspectedDeaths < 2
    else { return false }
    guard !isSomebodyLeft else { return mayTryAgain() }
    guard !RetryableStatus.isFull(status), timeToReturn(atLeast: .zero) != nil else {
      return false
    }
    return mayTryAgain()
  }

  /// Whether a worker that has not failed the request could serve it.
  var isSomebodyLeft: Bool { canBeServed(except: tried) }

  private func canBeServed(except absent: TriedWorkers) -> Bool {
    guard router.hasWorker(.serving, for: traits, except: absent) else { return false }
    return !needsPrefill || router.hasWorker(.prefill, for: traits, except: absent)
  }

  /// Whether decode cannot serve the request alone.
  private var needsPrefill: Bool {
    router.isDisaggregated && !router.decodeCanPrefill && endpoint.generationShape != nil
  }
}

// MARK: - Pausing

extension Request {
  /// Waits before the next attempt, if the last one asks for it; nil when it is made at once, or
  /// when nobody is left, before whose return there is a pause in any case.
  func pauseIfDue() -> RequestAction? {
    guard course.pauseIsDue else { return nil }
    course.pauseIsDue = false
    guard isSomebodyLeft else { return nil }
    return pause(for: nextBackoff())
  }

  /// Nobody who has not failed the request can be chosen: begins anew with all workers after a
  /// pause, or waits for workers, or gives up.
  func findNobody(_ error: RouterError) -> RequestAction {
    guard canBeServed(except: TriedWorkers()) else { return waitForWorker(error) }
    // Workers are there and do not fit each other: waiting would not change that.
    guard !tried.isEmpty else { return machine.foundNobody(error) }
    retryIsFree = false
    guard mayTryAgain() else { return machine.foundNobody(error) }
    let backoff = nextBackoff()
    guard let wait = timeToReturn(atLeast: backoff) else { return machine.foundNobody(error) }
    let now = router.loop.now
    if wait > backoff { course.waitEnd = waitEnd }
    tried = course.absent(at: now + wait)
    return pause(for: wait)
  }

  /// The wait after which a worker that has failed the request may be asked once more: `backoff`,
  /// or what engines have asked for; nil when that is longer than the request may wait.
  private func timeToReturn(atLeast backoff: Duration) -> Duration? {
    let now = router.loop.now
    let moment = now + backoff
    if canBeServed(except: course.absent(at: moment)) { return backoff }
    guard let soonest = course.soonestReturn(after: moment), soonest <= waitEnd,
      soonest < deadline
    else { return nil }
    return soonest - now
  }

  /// Until when the request may wait for workers.
  private var waitEnd: Instant {
    course.waitEnd ?? router.loop.now + router.configuration.admission.queueTimeout
  }

  private func nextBackoff() -> Duration {
    router.configuration.retries.backoff(after: course.countPause(), using: &router.generator)
  }

  private func pause(for wait: Duration) -> RequestAction {
    // A pause that outlasts the request would only keep the client from the failure.
    guard router.loop.now + wait < deadline else {
      return machine.foundNobody(Request.noWorker(role: nil))
    }
    router.metrics.countBackoff(wait, attempt: record.attempts)
    timer.arm(after: wait, for: self)
    return machine.paused()
  }
}

// MARK: - Waiting for a worker

extension Request {
  /// Waits until the workers are others than now, if there are any at all.
  private func waitForWorker(_ error: RouterError) -> RequestAction {
    let (now, end) = (router.loop.now, waitEnd)
    guard course.mayWait, now < end, router.knowsWorkers(.serving),
      !needsPrefill || router.knowsWorkers(.prefill), router.letWait(self)
    else { return machine.foundNobody(error) }
    course.waitEnd = end
    // Whoever comes back deserves another chance.
    tried = course.absent(at: now)
    timer.arm(after: min(end, deadline) - now, for: self)
    return machine.paused()
  }

  /// The workers are others than before: somebody may be there now.
  func workersChanged() {
    guard course.isWaiting, machine.isPausing else { return }
    resume()
    if course.isWaiting, !machine.isPausing { router.stopWaiting(self) }
  }

  /// The pause is over, or the wait for a worker was in vain.
  func pauseIsOver() {
    if course.isWaiting { stopWaiting() } else { resume() }
  }

  /// There will be no worker for the request.
  func stopWaiting() {
    guard course.isWaiting, machine.isPausing else { return }
    router.stopWaiting(self)
    perform(machine.waitedInVain(Request.noWorker(role: nil)))
  }

  private func resume() {
    armTimer()
    perform(machine.resumed())
  }

  /// What the client is told when nobody can be chosen.
  static func noWorker(role: String?) -> RouterError {
    RouterError(
      .noWorker, origin: .router,
      message: role.map { "No healthy \($0) worker is available." }
        ?? "No healthy worker is available.",
      retryAfterSeconds: 5)
  }
}
