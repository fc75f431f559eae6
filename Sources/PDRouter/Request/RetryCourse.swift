internal import Vocabulary

/// How far one request has come between its attempts; made afresh for each request.
struct RetryCourse {
  /// A worker whose engine has said when it may be asked again.
  struct Return {
    let worker: WorkerID
    let moment: Instant
  }

  /// Whether the budget has granted the next attempt already.
  var isPermitted = false
  /// Whether the next attempt is not made at once: the last one was delivered and has failed.
  var pauseIsDue = false
  /// Pauses so far, which decide how long the next one is.
  private(set) var pauses = 0
  /// Until when the request may wait for workers, once it has begun to.
  var waitEnd: Instant?
  /// Whether it waits for a worker, among all that do.
  var isWaiting = false
  /// Whether it may: a request of the router's own, for two workers and no others, may not.
  var mayWait = true
  private var returns: [Return] = []

  /// Counts a pause; gives the number of those before.
  mutating func countPause() -> Int {
    pauses += 1
    return pauses - 1
  }

  /// Notes that `worker` is not to be asked before `moment`.
  mutating func noteReturn(of worker: WorkerID, at moment: Instant) {
    returns.removeAll { $0.worker == worker }
    returns.append(Return(worker: worker, moment: moment))
  }

  /// The workers that are not to be asked at `moment`.
  func absent(at moment: Instant) -> TriedWorkers {
    var absent = TriedWorkers()
    for entry in returns where entry.moment > moment { absent.insert(entry.worker) }
    return absent
  }

  /// When the first of those that are not to be asked at `moment` may be asked; nil without any.
  func soonestReturn(after moment: Instant) -> Instant? {
    returns.lazy.map(\.moment).filter { $0 > moment }.min()
  }
}
