internal import Vocabulary

/// When it is the turn of a request that waits: the moment at which it counts as having come.
///
/// That is when it came, earlier for an urgent request and later for one that can wait, a step for
/// each unit of its priority. The lowest turn is served first. Turns never change, so a request
/// that waits gains on all that come after it, and nothing that comes later than `2 * mostSteps`
/// steps after it is served before it, however urgent: with steps of a twentieth of the queue's
/// time-out that is half of it. Nobody starves.
struct AdmissionOrder {
  /// Priorities beyond this many units count as this many.
  static let mostSteps = 5
  /// A step is this part of the queue's time-out.
  static let stepsPerTimeout = 20

  /// By how much earlier one unit of priority counts.
  let step: Duration

  /// The order in a queue where nobody waits longer than `timeout`.
  init(queueTimeout timeout: Duration) {
    precondition(timeout > .zero, "a queue gives time")
    step = timeout / AdmissionOrder.stepsPerTimeout
  }

  /// The turn of a request with vLLM's `priority` (lower is more urgent).
  func turn(priority: Int, receivedAt: Instant) -> Instant {
    let most = AdmissionOrder.mostSteps
    return receivedAt + step * max(-most, min(most, priority))
  }
}
