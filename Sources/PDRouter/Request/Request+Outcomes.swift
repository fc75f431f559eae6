internal import EventLoop
internal import KVTransfer
internal import Vocabulary
internal import Wire

// What the legs tell of their workers: each leg says once that its worker served it or failed it,
// or nothing. A 4xx, and a client that hangs up, say nothing; a 501 neither: what is asked for is
// not among the things that the engine does (RFC 9110 §15.6.2).
extension Request {
  /// The serving leg has given a first token, or a whole answer.
  func noteServingProgress() {
    guard servingLeg.head.status < 400, let change = servingReservation.noteProgress(),
      let worker = servingReservation.worker
    else { return }
    router.noteChange(change, of: worker)
  }

  /// The serving leg's answer has come to its end and holds no error of the engine's.
  func noteServingSuccess() {
    guard servingLeg.head.status < 400, !router.configuration.breaker.isOff,
      let change = servingReservation.noteSuccess(), let worker = servingReservation.worker
    else { return }
    router.noteChange(change, of: worker)
  }

  /// Prefill has answered as it should.
  func notePrefillSuccess() {
    guard !router.configuration.breaker.isOff, let change = prefillReservation.noteSuccess(),
      let worker = prefillReservation.worker
    else { return }
    router.noteChange(change, of: worker)
  }

  /// Keeps this request away from a worker that a leg to it failed, or from all ranks of its
  /// engine, and counts the failure against it if it is its fault.
  ///
  /// - Parameters:
  ///   - isOfEngine: whatever listens at its address has failed, and may be gone.
  ///   - kind: how; nil is by its connection if that is so, else by its answer.
  func noteFailure(
    of worker: Worker?, isItsFault: Bool = true, isOfEngine: Bool = false,
    kind: BreakerFailure? = nil
  ) {
    guard let worker else { return }
    if isItsFault {
      worker.noteFailure()
      judge(worker, kind ?? (isOfEngine ? .connection : .answer))
      if isOfEngine { router.doubt(worker) }
    }
    if isOfEngine { tried.insertEngine(of: worker) } else { tried.insert(worker.id) }
  }

  /// The decode worker could not use what `prefill` had made: one of the two is at fault.
  func noteHandOverFailure(from prefill: Worker) {
    guard let decode = servingReservation.worker else { return }
    decode.noteFailure()
    judge(decode, .handOver(from: prefill.id))
  }

  private func judge(_ worker: Worker, _ failure: BreakerFailure) {
    let settings = router.configuration.breaker
    guard !settings.isOff else { return }
    let now = router.loop.now
    let change =
      if worker === servingReservation.worker {
        servingReservation.noteFailure(failure, now: now, by: settings)
      } else if worker === prefillReservation.worker {
        prefillReservation.noteFailure(failure, now: now, by: settings)
      } else {
        BreakerChange?.none
      }
    if let change { router.noteChange(change, of: worker) }
  }
}
