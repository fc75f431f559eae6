internal import Vocabulary

/// Who takes care of the workers besides sending them requests, on the loop where that happens.
protocol WorkerObserver: AnyObject {
  /// Workers are to be probed and asked as the configuration says now.
  func beginAnew()
  /// A request broke in a way that leaves open whether the worker's engine lives.
  func workerIsDoubted(_ id: WorkerID)
  /// The worker's breaker is in another state.
  func breakerDidChange(_ change: BreakerChange, of id: WorkerID)
}
