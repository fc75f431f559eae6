internal import Vocabulary

/// The failures of a worker since its last success: when they were, and whether they are certainly
/// its own.
///
/// Failures to use what one and the same prefill worker had made are not; any other in the row, or
/// one with another prefill worker, makes it certain. Memory for as many failures as eject, at most
/// `BreakerSettings.longestRow`.
struct FailureRow {
  private var times: [Instant] = []
  /// Where the oldest is, once there are as many as count.
  private var oldest = 0
  private var isCertain = false
  private var witness: WorkerID?

  /// Whether there is none.
  var isEmpty: Bool { times.isEmpty }

  /// Takes a failure at `now`.
  ///
  /// - Returns: whether the row ejects: it is long enough within the window, and certain.
  mutating func note(
    _ failure: BreakerFailure, now: Instant, by settings: BreakerSettings
  ) -> Bool {
    let limit = min(settings.failureThreshold, BreakerSettings.longestRow)
    if times.count < limit {
      times.append(now)
    } else {
      times[oldest] = now
      oldest = (oldest + 1) % limit
    }
    weigh(failure)
    return isCertain && times.count == limit && now - times[oldest] <= settings.window
  }

  /// A success ends it.
  mutating func end() {
    times.removeAll(keepingCapacity: times.count <= 64)
    oldest = 0
    isCertain = false
    witness = nil
  }

  private mutating func weigh(_ failure: BreakerFailure) {
    guard case .handOver(let prefill) = failure else {
      isCertain = true
      return
    }
    if let witness, witness != prefill { isCertain = true }
    witness = prefill
  }
}
