internal import EventLoop
internal import Vocabulary

// What becomes of requests tells on their workers: breakers open and close, and an engine that
// broke a connection is probed.
extension RouterLoop {
  /// A breaker has changed: every loop looks again at who is eligible, and the watching one says
  /// so. A worker that is admitted again starts slowly, as one that comes back.
  func noteChange(_ change: BreakerChange, of worker: Worker) {
    if change.to == .admitting { worker.noteStart(now: loop.now) }
    registry.noteChange()
    tellWatcher(.breakerChanged(worker.id, change))
  }

  /// An engine failed a leg in a way that leaves open whether it lives: it is probed at once.
  func doubt(_ worker: Worker) {
    guard worker.raiseDoubt() else { return }
    tellWatcher(.workerDoubted(worker.id))
  }

  /// The engine of `worker` has answered a probe well.
  func noteGoodProbe(of worker: Worker) {
    guard let change = worker.breaker.noteGoodProbe(now: loop.now) else { return }
    noteChange(change, of: worker)
  }

  /// Lets ejected workers be tried whose time has come.
  func endEjections() {
    for worker in workers.members {
      guard let change = worker.breaker.look(now: loop.now) else { continue }
      noteChange(change, of: worker)
    }
  }

  /// Tells the loop that watches the workers, if one does.
  private func tellWatcher(_ notice: LoopNotice) {
    guard let watcher = loops.watcher else { return }
    if watcher === mailbox { heed(notice) } else { watcher.post(.notice(notice)) }
  }
}
