internal import EventLoop
internal import Logging
internal import Vocabulary

/// Lets engines that have never met do so before a client waits for it: one request of one token
/// for each cold pair, through the router's own pipeline.
///
/// Runs on the watching loop; what it warms is told to all loops. Never in the way of live
/// requests: it waits while the loop is at half of one of its limits. Failures are logged and
/// nothing else: a pair that cannot be warmed is a cold pair.
final class PairWarmer {
  /// Time for one pair, from its model's name to its token.
  static let timeout: Duration = .seconds(30)

  private unowned let router: RouterLoop
  private let logger: Logger
  private var plan = PairWarmPlan()
  /// Workers of which all is known that pairing asks for.
  private var ready: Set<WorkerID> = []
  private var calls: [PairWarmPlan.Pair: PairWarmCall] = [:]

  init(router: RouterLoop, logger: Logger) {
    self.router = router
    self.logger = logger
  }

  /// A worker has come or come back, and what pairing asks for is known of it.
  func workerIsReady(_ worker: Worker) {
    ready.insert(worker.id)
    for pair in router.workers.coldPairs(of: worker)
    where ready.contains(pair.prefill.id) && ready.contains(pair.decode.id) {
      plan.add(.init(prefill: pair.prefill.id, decode: pair.decode.id))
    }
    proceed()
  }

  /// A worker is unhealthy or has left.
  func workerIsAway(_ worker: Worker) {
    ready.remove(worker.id)
    plan.forget(worker.id)
  }

  /// Begins what may begin now; called about once a second besides.
  func proceed() {
    while router.hasRoomForWarming, let pair = plan.next() {
      guard let workers = workers(of: pair) else {
        plan.end(pair)
        continue
      }
      start(pair, workers.prefill, workers.decode)
    }
  }

  /// Ends everything.
  func stop() {
    let live = calls
    calls = [:]
    plan = PairWarmPlan()
    for call in live.values { call.cancel() }
  }

  /// The pair's workers, if it is still cold and both may be chosen.
  private func workers(of pair: PairWarmPlan.Pair) -> (prefill: Worker, decode: Worker)? {
    guard let prefill = router.registry.worker(pair.prefill),
      let decode = router.registry.worker(pair.decode), prefill.isEligible, decode.isEligible,
      !router.workers.pairs.isWarm(prefill: pair.prefill, decode: pair.decode)
    else { return nil }
    return (prefill, decode)
  }

  private func start(_ pair: PairWarmPlan.Pair, _ prefill: Worker, _ decode: Worker) {
    let call = PairWarmCall(prefill: prefill, decode: decode, router: router)
    calls[pair] = call
    call.start { [weak self] outcome in self?.end(pair, prefill, decode, outcome) }
  }

  private func end(
    _ pair: PairWarmPlan.Pair, _ prefill: Worker, _ decode: Worker, _ outcome: String
  ) {
    guard calls.removeValue(forKey: pair) != nil else { return }
    plan.end(pair)
    let isWarm = router.workers.pairs.isWarm(prefill: pair.prefill, decode: pair.decode)
    logger.log(
      level: isWarm ? .info : .warning, isWarm ? "pair is warm" : "pair could not be warmed",
      metadata: [
        "prefill": "\(prefill.url)", "decode": "\(decode.url)", "outcome": "\(outcome)",
      ])
    proceed()
  }
}
