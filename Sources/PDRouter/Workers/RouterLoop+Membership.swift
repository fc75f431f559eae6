internal import EventLoop
internal import KVTransfer
internal import Policies
internal import Vocabulary

// Workers come and go while the loop runs.
extension RouterLoop {
  /// Looks at the registry if it has moved, and lets go of what belonged to workers that left.
  ///
  /// Called when a change is told, and once a second in any case.
  func noteMembership() {
    workers.refresh()
    for worker in workers.takeDeparted() { letGo(of: worker) }
    if loop.now >= workers.nextReturn { endEjections() }
    guard registry.version != notedVersion else { return }
    notedVersion = registry.version
    whenMembershipChanges?()
  }

  /// What is held of it can be collected no more; its idle connections are of no use to anybody.
  ///
  /// Live legs go on to their ends on connections that are not kept.
  private func letGo(of worker: Worker) {
    precondition(worker.state == .gone, "\(worker.url) is still there")
    ledger.workerDidLeave(worker.id)
    workers.pairs.forget(worker.id)
    workers.caches?.forget(worker.id)
    decider.note(.workerLeft(worker.id))
    let place = Int(worker.id.number)
    guard pools.indices.contains(place), let pool = pools[place] else { return }
    pool.closeIdle()
    pools[place] = nil
  }
}

// MARK: - Pairs

extension RouterLoop {
  /// Whether requests of the router's own are in nobody's way: the router is not near its limits.
  var hasRoomForWarming: Bool {
    admission.hasRoom && !ledger.isFull
  }

  /// KV went from `prefill` to `decode`; a pair that was cold is told to all loops.
  func noteTransferSuccess(prefill: WorkerID, decode: WorkerID) {
    guard workers.pairs.noteSuccess(prefill: prefill, decode: decode) else { return }
    for other in loops.others(than: mailbox) {
      other.post(.notice(.pairWarmed(prefill: prefill, decode: decode)))
    }
  }

  /// KV did not get from `prefill` to `decode`, and not because either could not be reached.
  ///
  /// - Returns: whether this ejects the pair.
  func noteTransferFailure(prefill: WorkerID, decode: WorkerID) -> Bool {
    workers.pairs.noteFailure(prefill: prefill, decode: decode, now: loop.now)
  }

  /// Whether KV has gone from `prefill` to `decode` since both were last known to start.
  func isWarm(_ prefill: Worker, _ decode: Worker) -> Bool {
    workers.pairs.isWarm(prefill: prefill.id, decode: decode.id)
  }

  /// `decode` has failed: whatever answers at its address next has met nobody.
  func noteDecodeLost(_ decode: Worker) {
    for rank in ranks(besides: decode) { workers.pairs.forget(rank.id) }
  }

  /// `prefill` has failed: whatever answers at its address next may be another engine, of which
  /// decode engines know nothing.
  func notePrefillLost(_ prefill: Worker) {
    for rank in ranks(besides: prefill) {
      // What bootstrap servers told of is asked for again by whoever asked first.
      if connector.name == .nixl { rank.updatePeer { $0.identity = nil } }
      workers.pairs.forget(rank.id)
    }
  }

  /// `worker` and the other ranks of its engine, which live and die with it.
  private func ranks(besides worker: Worker) -> [Worker] {
    guard worker.url.rank != nil else { return [worker] }
    return [worker]
      + registry.workers.filter { $0.engineNumber == worker.engineNumber && $0 !== worker }
  }
}
