internal import EventLoop
internal import Vocabulary

// One timer a request: armed for the first moment at which anything could be over, it looks what is
// and is armed again for what may be next. No leg and no piece of an answer touches it.
extension Request: LoopTimerHandler {
  /// Arms the timer for the request's deadline, or for the first moment at which a leg that begins
  /// now could be too slow.
  func armTimer() {
    let now = router.loop.now
    arm(at: min(deadline, now + router.shortestLegLimit), now)
  }

  func timerDidFire(_ timer: any LoopTimer) {
    let now = router.loop.now
    if machine.isUnwinding, !prefillLeg.isOut {
      perform(machine.lingered())
    } else if now >= deadline {
      requestTookTooLong()
    } else if machine.isPausing {
      pauseIsOver()
    } else if machine.isUnwinding {
      arm(at: deadline, now)
    } else if let end = prefillEnd, now >= end {
      prefillTookTooLong()
    } else if let end = silenceEnd, now >= end {
      servingTookTooLong()
    } else {
      let next = min(prefillEnd ?? deadline, silenceEnd ?? deadline)
      arm(at: min(deadline, next, now + router.shortestLegLimit), now)
    }
  }

  private func arm(at moment: Instant, _ now: Instant) {
    timer.arm(after: max(.zero, moment - now), for: self)
  }

  /// When the prefill leg is too slow.
  private var prefillEnd: Instant? {
    guard prefillLeg.isOut, let start = record.prefillStartedAt else { return nil }
    return start + router.configuration.timeouts.prefill
  }

  /// When the serving leg has been silent for too long.
  private var silenceEnd: Instant? {
    let timeouts = router.configuration.timeouts
    let limit = servingLeg.awaitsHead ? timeouts.firstByte : timeouts.streamIdle
    guard limit > .zero, let since = servingLeg.silentSince else { return nil }
    return since + limit
  }

  private func requestTookTooLong() {
    let seconds = router.configuration.timeouts.request.components.seconds
    perform(
      machine.deadlinePassed(
        RouterError(
          .timedOut, origin: .router, message: "The request's time of \(seconds) s is over."),
        legs))
  }

  /// Prefill has not answered in its time; the engine may be hung, another one need not be.
  private func prefillTookTooLong() {
    let seconds = router.configuration.timeouts.prefill.components.seconds
    let wasSent = prefillLeg.wasSent
    prefillLeg.cancel()
    noteFailure(of: prefillReservation.worker, isOfEngine: true, kind: .answer)
    noteDelivered()
    armTimer()
    perform(
      machine.prefillFailed(
        RouterError(
          .tookTooLong(.prefill), origin: .prefill,
          message: "The prefill engine did not answer within \(seconds) s."),
        leavesHandle: wasSent && leavesHandle))
  }

  /// The serving engine does not begin its answer, or does not go on with it.
  private func servingTookTooLong() {
    let error = slowness
    noteFailure(of: servingReservation.worker, isOfEngine: true, kind: .answer)
    noteDelivered()
    armTimer()
    perform(machine.servingTimedOut(error, isRepeatable: isRepeatable, legs))
  }

  private var slowness: RouterError {
    let timeouts = router.configuration.timeouts
    let name = servingOrigin.engineName
    guard servingLeg.awaitsHead else {
      return RouterError(
        .tookTooLong(.silence), origin: servingOrigin,
        message:
          "The \(name) was silent for \(timeouts.streamIdle.components.seconds) s within its "
          + "answer.")
    }
    return RouterError(
      .tookTooLong(.firstByte), origin: servingOrigin,
      message: "The \(name) did not begin its answer within "
        + "\(timeouts.firstByte.components.seconds) s.")
  }
}
