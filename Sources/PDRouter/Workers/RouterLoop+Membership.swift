internal import EventLoop
internal import KVTransfer
internal import Vocabulary

// Workers come and go while the loop runs.
extension RouterLoop {
  /// Looks at the registry if it has moved, and lets go of what belonged to workers that left.
  ///
  /// Called when a change is told, and once a second in any case.
  func noteMembership() {
    workers.refresh()
    for worker in workers.takeDeparted() { letGo(of: worker) }
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
    let place = Int(worker.id.number)
    guard pools.indices.contains(place), let pool = pools[place] else { return }
    pool.closeIdle()
    pools[place] = nil
  }
}
