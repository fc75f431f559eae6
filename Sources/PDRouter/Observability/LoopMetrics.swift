internal import KVTransfer
internal import Policies
internal import Vocabulary
internal import Wire

/// What one loop has counted; written on its thread, read by the metrics port's.
public final class LoopMetrics: Sendable {
  /// The kinds of errors told to clients, in the order of their counters.
  static let errorCodes: [StaticString] = [
    "bad_request", "no_available_workers", "overloaded", "queue_full", "rate_limited",
    "queue_timeout", "worker_unreachable",
    "worker_connection_broken", "malformed_worker_answer", "worker_error", "request_timeout",
    "connect_timeout", "prefill_timeout", "first_byte_timeout", "stream_idle_timeout",
    "kv_lease_expired", "shutting_down", "invalid_api_key", "key_validation_unavailable",
    "model_not_found",
  ]

  /// What the ledger says, in the order of its counters.
  enum HandleFigure: Int, CaseIterable {
    case begun, abandoned, empty, consumed, released, expired, spent, live
  }

  /// Single numbers, in the order of their counters.
  enum Single: Int, CaseIterable {
    case refusedRequests, retriesRefused, waitingForWorker, panicChoices
    /// Choices of a worker that was taken to have some of the prompt in its cache, or none.
    case cacheHits, cacheMisses
    /// Open client connections, as of the loop's last look.
    case clientConnections
  }

  static let routes = Endpoint.allCases.count
  static let reasons = ChoiceReason.allCases.count
  static let codes = LoopMetrics.errorCodes.count
  /// How many attempts are told apart where pauses are counted.
  static let backoffAttempts = 8
  let requests = AtomicCounters(count: LoopMetrics.routes)
  let retries = AtomicCounters(count: LoopMetrics.routes)
  /// Requests whose last attempt failed when they had no other left.
  let retriesExhausted = AtomicCounters(count: LoopMetrics.routes)
  /// Pauses by the attempts before them; the last one takes all that had more.
  let backoffs = LatencyHistogramRow(LoopMetrics.backoffAttempts)
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
  /// Of whole requests, by route, and of those of them that were split.
  let durations = LatencyHistogramRow(LoopMetrics.routes)
  let splitDurations = LatencyHistogramRow(LoopMetrics.routes)
  /// By `RouteStage`.
  let stages = LatencyHistogramRow(RouteStage.allCases.count, .stages)
  /// From a split request's choice until its decode leg was begun.
  let pendingDecodes = LatencyHistogram(.stages)
  /// Gaps between tokens, and their average of each stream.
  let tokenGaps = LatencyHistogram(.tokens)
  let tokenTimes = LatencyHistogram(.tokens)
  /// Bytes of bodies, by route.
  let requestBytes = AtomicCounters(count: LoopMetrics.routes)
  let answerBytes = AtomicCounters(count: LoopMetrics.routes)
  /// Requests whose client hung up, by `LeavingStage`.
  let disconnects = AtomicCounters(count: LeavingStage.allCases.count)
  /// Errors told to clients where the pools are split, by code.
  let splitErrors = AtomicCounters(count: LoopMetrics.errorCodes.count)
  /// Answers as they were sent to clients.
  let responses = ResponseTally(capacity: 512)
  let firstTokens = LatencyHistogram()
  /// Of requests that waited to be let in, however that ended.
  let queueWaits = LatencyHistogram()
  /// Requests that were not let in, by `AdmissionRefusal`.
  let admissionRefusals = AtomicCounters(count: AdmissionRefusal.allCases.count)
  /// From a handle's parameters to its settlement.
  let handleAges = LatencyHistogram()
  /// Choices of `cache_aware` for prefill legs, then for those that serve, by `ChoiceReason`.
  let prefixDecisions = AtomicCounters(count: 2 * LoopMetrics.reasons)
  /// What the shadow policy would have chosen, for prefill legs and for those that serve.
  let prefillShadow = ShadowCounts()
  let servingShadow = ShadowCounts()

  /// Connections of clients that were not taken, by `ConnectionRefusal`.
  let refusedConnections = AtomicCounters(count: ConnectionRefusal.allCases.count)

  /// TLS handshakes by `TLSSide`: completed, then failed by `TLSFailure.labelIndex`.
  let handshakes = AtomicCounters(
    count: TLSSide.allCases.count * (1 + TLSFailure.labels.count))
  /// Those that took up an earlier session, by `TLSSide`.
  let resumedHandshakes = AtomicCounters(count: TLSSide.allCases.count)
  /// What front ends have seen of HTTP/2, in the order of their counters.
  enum HTTP2Figure: Int, CaseIterable {
    case connections, streams, streamsOpened, resetsByClients, resetsByRouter, stalls
  }

  let http2 = AtomicCounters(count: HTTP2Figure.allCases.count)
  /// HTTP/2 connections that were ended before their time, by `HTTP2ConnectionEnding.labels`.
  let endedConnections = AtomicCounters(count: HTTP2ConnectionEnding.labels.count)

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

  /// A client's connection was not taken.
  func count(_ refusal: ConnectionRefusal) {
    refusedConnections.add(to: refusal.rawValue)
  }

  /// A TLS handshake was completed, or failed.
  func countHandshake(_ side: TLSSide, _ failure: TLSFailure?, isResumed: Bool) {
    let kinds = 1 + TLSFailure.labels.count
    handshakes.add(to: side.rawValue * kinds + (failure.map { $0.labelIndex + 1 } ?? 0))
    if isResumed { resumedHandshakes.add(to: side.rawValue) }
  }

  /// A client was told an error before its request began.
  func count(_ error: RouterError, of endpoint: Endpoint) {
    count(error, route: Int(endpoint.rawValue), isSplitPool: false)
  }

  /// A request has ended; `isSplitPool`: prefill and decode are different workers here. The record
  /// is only read: lent, not copied.
  func count(_ record: inout RouteRecord, isSplitPool: Bool = false) {
    let route = Int(record.endpoint.rawValue)
    let duration = record.endedAt.nanoseconds - record.receivedAt.nanoseconds
    durations.record(nanoseconds: duration, in: route)
    if record.prefillWorker != nil {
      splitRequests.add(to: route)
      splitDurations.record(nanoseconds: duration, in: route)
      if let start = record.prefillStartedAt, let end = record.servingStartedAt {
        pendingDecodes.record(nanoseconds: end.nanoseconds - start.nanoseconds)
      }
    }
    if let reason = record.wayReason {
      ways.add(to: reason.place + (record.prefillWorker == nil ? WayReason.count : 0))
    }
    countTimes(&record)
    requestBytes.add(record.requestBytes, to: route)
    answerBytes.add(record.answerBytes, to: route)
    if let lineTime = record.lineTime { queueWaits.record(lineTime) }
    if record.attempts > 1 {
      retries.add(record.attempts - 1, to: route)
      if record.isExhausted { retriesExhausted.add(to: route) }
    }
    if let stage = record.leftIn { disconnects.add(to: stage.rawValue) }
    if let error = record.error { count(error, route: route, isSplitPool: isSplitPool) }
  }

  /// Stages, first tokens and the tokens after them.
  private func countTimes(_ record: inout RouteRecord) {
    count(.queue, of: &record)
    count(.prefill, of: &record)
    count(.handOver, of: &record)
    count(.decodeWait, of: &record)
    count(.decode, of: &record)
    count(.total, of: &record)
    guard record.endpoint.generationShape != nil, record.status < 400 else { return }
    if let first = record.firstTokenAt {
      firstTokens.record(nanoseconds: first.nanoseconds - record.receivedAt.nanoseconds)
    }
    if record.tokenEvents > 1, let time = record.timePerToken { tokenTimes.record(time) }
  }

  @inline(__always)
  private func count(_ stage: RouteStage, of record: inout RouteRecord) {
    guard let time = record.nanoseconds(of: stage) else { return }
    stages.record(nanoseconds: time, in: stage.rawValue)
  }

  /// A worker was chosen that has `cachedBlocks` of the prompt.
  func countCacheChoice(_ cachedBlocks: Int) {
    let single: Single = cachedBlocks > 0 ? .cacheHits : .cacheMisses
    singles.add(to: single.rawValue)
  }

  /// An answer's head was sent to a client.
  func countResponse(_ endpoint: Endpoint, _ method: HTTPMethod, status: Int) {
    responses.count(ResponseKind(endpoint, .inference, method, status: status))
  }

  /// `cache_aware` has chosen.
  func countPrefixDecision(_ leg: PolicyLeg, _ reason: ChoiceReason) {
    let first = leg == .prefill ? 0 : LoopMetrics.reasons
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

  /// A request was not let in.
  func count(_ refusal: AdmissionRefusal) {
    admissionRefusals.add(to: refusal.place)
  }

  /// A request pauses after so many attempts.
  func countBackoff(_ duration: Duration, attempt: Int) {
    backoffs[min(max(1, attempt), LoopMetrics.backoffAttempts) - 1].record(duration)
  }

  /// So many requests wait for a worker now.
  func noteWaiting(_ count: Int) {
    singles.set(count, at: Single.waitingForWorker.rawValue)
  }

  /// The loop has so many client connections.
  func noteConnections(_ count: Int) {
    singles.set(count, at: Single.clientConnections.rawValue)
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

  private func count(_ error: RouterError, route: Int, isSplitPool: Bool) {
    let code = error.code.description
    guard let place = LoopMetrics.errorCodes.firstIndex(where: { $0.description == code }) else {
      preconditionFailure("every error code has a counter: \(code)")
    }
    errors.add(to: route * LoopMetrics.errorCodes.count + place)
    if isSplitPool { splitErrors.add(to: place) }
  }
}
