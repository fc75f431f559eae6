internal import KVTransfer
internal import Policies
internal import Vocabulary

/// What one loop has counted; written on its thread, read by the metrics port's.
public final class LoopMetrics: Sendable {
  /// The kinds of errors told to clients, in the order of their counters.
  static let errorCodes: [StaticString] = [
    "bad_request", "no_available_workers", "overloaded", "worker_unreachable",
    "worker_connection_broken", "malformed_worker_answer", "worker_error", "request_timeout",
    "kv_lease_expired", "shutting_down",
  ]

  /// What the ledger says, in the order of its counters.
  enum HandleFigure: Int, CaseIterable {
    case begun, abandoned, empty, consumed, released, expired, spent, live
  }

  /// Single numbers, in the order of their counters.
  enum Single: Int, CaseIterable {
    case clientDisconnects, refusedRequests, retries, retriesRefused, panicChoices
  }

  static let routes = Endpoint.allCases.count
  let requests = AtomicCounters(count: LoopMetrics.routes)
  let splitRequests = AtomicCounters(count: LoopMetrics.routes)
  /// By `WayReason`: first those that were split, then those that were not.
  let ways = AtomicCounters(count: 2 * WayReason.count)
  let errors = AtomicCounters(count: LoopMetrics.routes * LoopMetrics.errorCodes.count)
  let handles = AtomicCounters(count: HandleFigure.allCases.count)
  /// Live handles by `KVHandleStage`.
  let handleStages = AtomicCounters(count: KVHandleStage.allCases.count)
  /// Released handles by `KVReleaseMechanism`.
  let releases = AtomicCounters(count: KVReleaseMechanism.allCases.count)
  let singles = AtomicCounters(count: Single.allCases.count)
  let durations = LatencyHistogram()
  let splitDurations = LatencyHistogram()
  let firstTokens = LatencyHistogram()
  /// From a handle's parameters to its settlement.
  let handleAges = LatencyHistogram()
  /// Choices of `cache_aware` for prefill legs, then for those that serve, by `ChoiceReason`.
  let prefixDecisions = AtomicCounters(count: 2 * ChoiceReason.allCases.count)
  /// What the shadow policy would have chosen, for prefill legs and for those that serve.
  let prefillShadow = ShadowCounts()
  let servingShadow = ShadowCounts()

  /// All zero.
  public init() {}

  /// A request has arrived.
  func count(_ endpoint: Endpoint) {
    requests.add(to: Int(endpoint.rawValue))
  }

  /// Bytes that were no request were refused.
  func countRefused() {
    singles.add(to: Single.refusedRequests.rawValue)
  }

  /// A request has ended.
  func count(_ record: RouteRecord) {
    let route = Int(record.endpoint.rawValue)
    let duration = record.endedAt - record.receivedAt
    durations.record(duration)
    if record.prefillWorker != nil {
      splitRequests.add(to: route)
      splitDurations.record(duration)
    }
    if let reason = record.wayReason {
      ways.add(to: reason.place + (record.prefillWorker == nil ? WayReason.count : 0))
    }
    if let firstTokenAt = record.firstTokenAt, record.endpoint.generationShape != nil {
      firstTokens.record(firstTokenAt - record.receivedAt)
    }
    if record.attempts > 1 { singles.add(record.attempts - 1, to: Single.retries.rawValue) }
    if record.outcome == .clientGone { singles.add(to: Single.clientDisconnects.rawValue) }
    if let error = record.error { count(error, route: route) }
  }

  /// `cache_aware` has chosen.
  func countPrefixDecision(_ leg: PolicyLeg, _ reason: ChoiceReason) {
    let first = leg == .prefill ? 0 : ChoiceReason.allCases.count
    prefixDecisions.add(to: first + Int(reason.rawValue))
  }

  /// A worker was chosen while ejections are overlooked.
  func countPanicChoice() {
    singles.add(to: Single.panicChoices.rawValue)
  }

  /// The budget refused a request another attempt.
  func countRefusedRetry() {
    singles.add(to: Single.retriesRefused.rawValue)
  }

  /// Takes over what the ledger says.
  func note(_ ledger: borrowing KVLedger) {
    let counts = ledger.counts
    handles.set(counts.begun, at: HandleFigure.begun.rawValue)
    handles.set(counts.abandoned, at: HandleFigure.abandoned.rawValue)
    handles.set(counts.empty, at: HandleFigure.empty.rawValue)
    handles.set(counts.consumed, at: HandleFigure.consumed.rawValue)
    handles.set(counts.released, at: HandleFigure.released.rawValue)
    handles.set(counts.expired, at: HandleFigure.expired.rawValue)
    handles.set(counts.spent, at: HandleFigure.spent.rawValue)
    handles.set(ledger.live, at: HandleFigure.live.rawValue)
    for mechanism in KVReleaseMechanism.allCases {
      releases.set(counts.releasedBy[mechanism], at: Int(mechanism.rawValue))
    }
    var stages = InlineArray<8, Int>(repeating: 0)
    ledger.forEachLive { stages[Int($0.stage.rawValue)] += 1 }
    for stage in KVHandleStage.allCases {
      handleStages.set(stages[Int(stage.rawValue)], at: Int(stage.rawValue))
    }
  }

  private func count(_ error: RouterError, route: Int) {
    let code = error.code.description
    guard let place = LoopMetrics.errorCodes.firstIndex(where: { $0.description == code }) else {
      preconditionFailure("every error code has a counter: \(code)")
    }
    errors.add(to: route * LoopMetrics.errorCodes.count + place)
  }
}
