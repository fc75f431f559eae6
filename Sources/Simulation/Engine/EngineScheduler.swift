package import Vocabulary

/// The simulated engine's brain: continuous batching over a paged KV cache, in virtual time.
///
/// Requests wait first come, first served; a step computes one token for each decoding request and
/// chunks of prompts up to a token budget; its duration comes from the cost model. Admission
/// reserves blocks for the prompt and `max_tokens`, so nothing is ever preempted. KV is handed over
/// as the configured connector does it, with the measured or documented behaviour when a client or
/// a router gets it wrong.
///
/// It owns the block pool, the exports and the counters. It has no clock, no socket and no thread:
/// time comes in with every call and never goes back; events are collected until `drainEvents`.
/// The same calls give the same events. After `.died` every call is a no-op.
package struct EngineScheduler: ~Copyable {
  /// What it was made with.
  package let configuration: EngineConfiguration
  /// Divides the speed of every step that begins from now on (a fault); 1 is the model's speed.
  package var slowFactor = 1.0
  /// What happened so far.
  package internal(set) var counters = EngineCounters()
  /// The KV caches kept for others.
  package internal(set) var exports = KVExports()
  /// Those who asked for KV, or gave it up, before it was there.
  var meetings = KVMeetings()
  /// The sequences that wait until what they exported is fetched, by its name.
  var offers: [String: Int] = [:]
  /// The rooms that requests have used.
  var rooms = RecentNames()
  /// Heartbeats in a row that an address did not answer.
  var missedHeartbeats: [HostAndPort: Int] = [:]
  /// The KV cache.
  package internal(set) var pool: BlockPool
  /// Whether a fatal mistake has ended the engine.
  package internal(set) var isDead = false

  var events: [EngineEvent] = []
  var slots: [EngineSequence?] = []
  var freeSlots: [Int] = []
  var records: [EngineRequestID: EngineRecord] = [:]
  var waiting: [Int] = []
  var ready: [Int] = []
  var running: [Int] = []
  /// Sequences with a remote read under way, and those that wait for one that never comes.
  var loading: [Int] = []
  /// The step under way: which sequences compute how many tokens.
  var batch: [BatchEntry] = []
  var stepEnd: Instant?
  /// When an idle engine begins its next step: the instant its work came in.
  var wakeAt: Instant?
  /// When the next heartbeats are due; nil while nobody waits for remote KV.
  var nextHeartbeat: Instant?
  var lastHeartbeat: Instant?
  /// Sequences whose exporter is told that they are still wanted.
  var remoteWaiters = 0
  var owedNotices: [KVNotice] = []
  /// Reads under way whose requests have gone: a read cannot be called back, so the exporter is
  /// told only when it has come to its end.
  var orphanedReads: [EngineSequenceID: KVSource] = [:]
  /// The exports of ended requests whose answers were not written yet: nobody knows of them.
  var untoldExports: [EngineRequestID: [String]] = [:]
  var nextRequest = 0
  var generator: SplitMix64

  struct BatchEntry {
    let slot: Int
    let tokens: Int
  }

  /// An idle engine with an empty cache.
  package init(_ configuration: EngineConfiguration) {
    precondition(configuration.cost.chunkTokens > 0 && configuration.cost.maxRunning > 0)
    precondition(
      configuration.maxModelLength <= configuration.cost.blocks * configuration.cost.blockTokens,
      "the KV cache holds at least one request of the longest kind")
    self.configuration = configuration
    pool = BlockPool(
      capacity: configuration.cost.blocks, blockTokens: configuration.cost.blockTokens)
    generator = SplitMix64(seed: configuration.seed ^ 0x5EED)
  }

  /// Requests in the batch.
  package var runningCount: Int { running.count }
  /// Requests that wait for room.
  package var capacityWaitingCount: Int { waiting.count + ready.count }
  /// Requests that wait for remote KV.
  package var deferredCount: Int { loading.count }
  /// All requests that wait.
  package var waitingCount: Int { capacityWaitingCount + deferredCount }
  /// Whether nothing is in the engine: no request, no step, no export.
  package var isIdle: Bool { records.isEmpty && stepEnd == nil && exports.count == 0 }

  /// The latest time it was told.
  package private(set) var latest = Instant.zero

  /// When `advance` has something to do next; nil when only a call from outside can change that.
  package var nextWake: Instant? {
    guard !isDead else { return nil }
    let next = min(
      stepEnd ?? wakeAt ?? .distantFuture, nextTransferEnd ?? .distantFuture,
      nextHeartbeat ?? .distantFuture, min(exports.nextExpiry, nextWaitEnd ?? .distantFuture))
    return next == .distantFuture ? nil : next
  }

  /// Accepts a request at `now`; its events carry the identity returned.
  ///
  /// The request's limits must hold (`EngineRequestReader` sees to that). Nothing is computed
  /// before the next `advance`, so requests of the same instant share a step.
  package mutating func submit(_ request: EngineRequest, now: Instant) -> EngineRequestID {
    let id = EngineRequestID(number: nextRequest)
    nextRequest += 1
    catchUp(to: now)
    guard !isDead else { return id }
    precondition(
      request.prompts.allSatisfy { $0.count < configuration.maxModelLength },
      "a prompt leaves room for one token")
    var record = EngineRecord(slots: [], open: request.choices, n: request.n)
    record.usage.prompt = request.prompts.reduce(0) { $0 + $1.count }
    for choice in 0..<request.choices {
      let slot = makeSlot(request, EngineSequenceID(request: id, choice: choice), now)
      record.slots.append(slot)
      waiting.append(slot)
      if slots[slot]?.isWantedRemotely == true { addRemoteWaiter(at: now) }
    }
    records[id] = record
    noteRoom(of: request)
    counters.requests += 1
    wake(now)
    return id
  }

  /// Runs the model up to `now`: every step, transfer, heartbeat and expiry due by then, in order.
  package mutating func advance(to now: Instant) {
    catchUp(to: now)
    while let due = nextWake, due <= now { perform(at: due) }
  }

  // What is due before `now`. What is due right now waits for `advance`, so that all calls of one
  // instant are seen together.
  mutating func catchUp(to now: Instant) {
    precondition(now >= latest, "time never goes back")
    while let due = nextWake, due < now { perform(at: due) }
    latest = now
  }

  private mutating func perform(at due: Instant) {
    precondition(due >= latest, "nothing is due in the past")
    latest = due
    if exports.nextExpiry <= due {
      expireExports(at: due)
    } else if let end = nextWaitEnd, end <= due {
      giveUpWaiting(at: due)
    } else if let end = nextTransferEnd, end <= due {
      finishTransfers(at: due)
    } else if let beat = nextHeartbeat, beat <= due {
      sendHeartbeats(at: due)
    } else if stepEnd != nil {
      completeStep(at: due)
    } else {
      wakeAt = nil
      beginStep(at: due)
    }
  }

  /// Gives up a request whose client has gone; frees everything it held at once.
  ///
  /// Emits notices for remote KV it will not read and, when `reports` is set (a shutdown), an
  /// abort for each open choice. Aborting a request that hangs on incomplete parameters kills the
  /// engine, as it does vLLM 0.32.0. Of a finished request whose answer was not written yet the
  /// exports are freed; any other finished or unknown request is ignored.
  package mutating func abort(_ id: EngineRequestID, now: Instant, reports: Bool = false) {
    catchUp(to: now)
    guard !isDead else { return }
    freeUntoldExports(of: id)
    guard let record = records[id] else { return }
    for slot in record.slots {
      guard let slot, let sequence = slots[slot] else { continue }
      if sequence.stage == .hanging, configuration.connector.diesOfLostAborts {
        return die("KeyError: aborted without remote parameters")
      }
      if reports {
        finish(slot, reason: .abort, stop: nil, lastToken: nil)
      } else {
        _ = discard(slot)
      }
    }
    records[id] = nil
    counters.aborted += 1
    wake(now)
  }

  /// Gives up every request, as a shutdown does, with an abort for each open choice.
  package mutating func abortAll(now: Instant) {
    for id in records.keys.sorted() { abort(id, now: now, reports: true) }
  }

  /// Notes that the server refused a request to `endpoint` that carried `parameters`.
  ///
  /// Prefill is told to free, at once or with this engine's next step, as configured.
  package mutating func refuse(
    _ parameters: KVParameters?, at endpoint: EngineEndpoint = .completions, requestID: String = ""
  ) {
    let name = endpoint.name(requestID: requestID)
    let route = configuration.route(parameters, requestID: requestID, name: name)
    guard !isDead, configuration.connector.tellsPrefill, let source = route?.source else { return }
    let notice = KVNotice(source: source, reason: .released)
    if configuration.noticeWaitsForStep {
      owedNotices.append(notice)
    } else {
      events.append(.notice(notice))
    }
  }

  /// Notes that the answer to a request has been written: from now on somebody knows what it
  /// exported, and only a reader or the lease ends that.
  package mutating func answerWasWritten(_ id: EngineRequestID) {
    untoldExports[id] = nil
  }

  /// Ends the engine, as a fatal mistake of its own would; the server hears of it by an event.
  package mutating func kill(_ reason: String) {
    if !isDead { die(reason) }
  }

  /// Moves the collected events to `target`, which must be empty; both keep their storage.
  package mutating func drainEvents(into target: inout [EngineEvent]) {
    precondition(target.isEmpty)
    swap(&events, &target)
  }

  mutating func wake(_ now: Instant) {
    guard stepEnd == nil, !waiting.isEmpty || !ready.isEmpty || !running.isEmpty else { return }
    wakeAt = min(wakeAt ?? now, now)
  }

  mutating func die(_ reason: String) {
    isDead = true
    stepEnd = nil
    wakeAt = nil
    counters.deaths += 1
    events.append(.died(reason))
  }

  private mutating func makeSlot(
    _ request: EngineRequest, _ id: EngineSequenceID, _ now: Instant
  ) -> Int {
    let prompt = request.prompts[id.choice / request.n]
    let fallback = request.endpoint.defaultTokens ?? configuration.defaultChatTokens
    let room = configuration.maxModelLength - prompt.count
    var sequence = EngineSequence(
      request, id: id, suffix: makeSuffix(),
      maxTokens: max(1, min(request.maxTokens ?? fallback, room)), configuration, now: now)
    sequence.prepareKeys(blockTokens: pool.blockTokens)
    let slot = freeSlots.popLast() ?? slots.count
    if slot == slots.count { slots.append(nil) }
    slots[slot] = sequence
    return slot
  }

  private mutating func makeSuffix() -> String {
    let digits = String(UInt32(truncatingIfNeeded: generator.next()), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
