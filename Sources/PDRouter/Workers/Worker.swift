internal import KVTransfer
internal import Policies
internal import Synchronization
public import Vocabulary

/// One engine, or one data-parallel rank of one, that we can send to: what it is, how loaded it is
/// by us, and what became of its requests.
///
/// Shared by all loops. Everything that changes is an atomic counter or flag, read and written with
/// relaxed order: a decision made on a number a microsecond old is as good.
public final class Worker: Sendable {
  /// The worker's identity, in order of registration.
  public let id: WorkerID
  /// Where it listens.
  public let url: WorkerURL
  /// What it is for.
  public let role: Role
  /// What was said of it at registration.
  public let details: WorkerDetails
  /// The number that all ranks of its engine have in common: the first one's identity; its own
  /// identity where it is the whole engine.
  let engineNumber: UInt32
  /// The fields that bring a request to it, each with its line end: `host`, the rank's, and the
  /// workers' key where there is one.
  let addressFields: [UInt8]
  /// The workers' key.
  let key: WorkerKey?

  /// What is counted for metrics alone.
  let tally = WorkerTally()
  /// Its label in metrics: `worker="…"`.
  let metricLabel: String

  private let standing = Atomic<WorkerState>(.active)
  private let peerState: Guarded<KVPeer>
  private struct Learned {
    var version: String?
    var models: ModelCatalogue?
  }

  private let learned: Guarded<Learned>
  /// Keeps `counters` alive.
  let loadBlock: WorkerLoadBlock
  /// What is in flight to it.
  nonisolated(unsafe) let counters: UnsafeMutablePointer<WorkerLoadBlock.Counters>
  private let healthy: Atomic<Bool>
  private let found = Atomic<Bool>(false)
  private let predictionError = Atomic<UInt64>(0)
  private let failures = Atomic<Int>(0)
  private let knowsRanks: Atomic<Bool>
  private let report = Guarded<LoadReport?>(nil)
  /// When it was last found healthy or admitted after it was not, in nanoseconds; the least number
  /// for never.
  private let recovery = Atomic<Int64>(.min)
  private let doubt = Atomic<Bool>(false)
  /// Whether requests go to it, by what became of those that did.
  let breaker = WorkerBreaker()

  /// A worker, taken to be healthy (or not) until a probe says otherwise.
  public convenience init(
    id: WorkerID, url: WorkerURL, role: Role, details: WorkerDetails = WorkerDetails(),
    isHealthy: Bool = true, key: WorkerKey? = nil
  ) {
    self.init(
      id: id, url: url, role: role, details: details, isHealthy: isHealthy,
      engineNumber: id.number, key: key, loads: .alone())
  }

  /// The same, for a rank of the engine of that number, whose load is counted at `loads`.
  init(
    id: WorkerID, url: WorkerURL, role: Role, details: WorkerDetails, isHealthy: Bool,
    engineNumber: UInt32, key: WorkerKey?, loads: WorkerLoadPlace
  ) {
    precondition(url.rank != nil || engineNumber == id.number, "a whole engine is one worker")
    self.engineNumber = engineNumber
    loadBlock = loads.block
    counters = loads.block.counters(at: loads.place)
    self.id = id
    self.url = url
    self.role = role
    self.details = details
    healthy = Atomic(isHealthy)
    learned = Guarded(Learned(models: details.modelID.map { ModelCatalogue(of: $0) }))
    let rankField = url.rank.map { "x-data-parallel-rank: \($0)\r\n" } ?? ""
    metricLabel = "worker=\"\(MetricsText.escaped(url.text))\""
    self.key = key
    addressFields = Array("host: \(url.peer)\r\n\(rankField)\(key?.line ?? "")".utf8)
    knowsRanks = Atomic(!details.findsRanks || url.rank != nil)
    var peer = KVPeer(host: url.peer.host, port: url.peer.port)
    peer.bootstrapPort = details.bootstrapPort
    peer.messageAddress = details.labels["zmq_address"]
    peer.dataParallelRank = url.rank
    peer.dataParallelSize = max(details.dataParallelSize ?? 1, (url.rank ?? 0) + 1)
    peerState = Guarded(peer)
  }

  /// Whether it is known to be one rank, or an engine that has no more than one. Until then the
  /// engine itself says which of its ranks serves a request, and nothing that is true of one rank
  /// may be told of another.
  var ranksAreKnown: Bool { knowsRanks.load(ordering: .relaxed) }

  /// Notes that it is one rank of `count`, or all there is of its engine.
  func learn(rankCount: Int) {
    precondition(rankCount > (url.rank ?? 0), "a rank is one of its engine's")
    updatePeer { $0.dataParallelSize = rankCount }
    knowsRanks.store(true, ordering: .relaxed)
  }

  /// What connectors know of it.
  var peer: KVPeer { peerState.withLock { $0 } }

  /// Changes what connectors know of it.
  func updatePeer(_ change: (inout KVPeer) -> Void) {
    peerState.withLock { change(&$0) }
  }

  /// Requests reserved on it by all loops, from reservation to the end of the body.
  public var requestsInFlight: Int { counters.pointee.requests.load(ordering: .relaxed) }

  /// Of these, urgent ones: what an urgent request finds ahead of it where the engine schedules by
  /// priority, and engines that do not refuse such requests.
  var urgentInFlight: Int { counters.pointee.urgent.load(ordering: .relaxed) }

  /// Estimated prompt tokens of those requests.
  public var tokensInFlight: Int { counters.pointee.tokens.load(ordering: .relaxed) }

  /// Estimated prompt tokens of requests that it serves whole and that have no token yet.
  var promptTokensWaiting: Int {
    counters.pointee.waitingPrompts.load(ordering: .relaxed)
  }

  /// Decode legs reserved on it whose prefill is not over.
  var pendingDecodes: Int { tally.pendingDecodes.load(ordering: .relaxed) }

  /// Counts a prompt in that it is to compute for a request it serves whole.
  func addWaitingPrompt(_ tokens: TokenCount) {
    counters.pointee.waitingPrompts.wrappingAdd(tokens.number, ordering: .relaxed)
  }

  /// Counts it out again.
  func removeWaitingPrompt(_ tokens: TokenCount) {
    let left = counters.pointee.waitingPrompts
      .wrappingSubtract(tokens.number, ordering: .relaxed).newValue
    precondition(left >= 0, "a waiting prompt is counted out once")
  }

  /// How wrong the prefix index is about it, 0 (not at all) … 1, as the loop found that heard of it
  /// last.
  var prefixPredictionError: Double {
    Double(bitPattern: predictionError.load(ordering: .relaxed))
  }

  /// Notes how wrong the prefix index is about it.
  func notePrediction(error: Double) {
    precondition((0...1).contains(error), "an error is a share")
    predictionError.store(error.bitPattern, ordering: .relaxed)
  }

  /// Requests ever sent to it.
  var processedRequests: Int { counters.pointee.processed.load(ordering: .relaxed) }

  /// Requests it failed, by its connection or by a 5xx.
  var failedRequests: Int { failures.load(ordering: .relaxed) }

  /// Whether probes find it healthy.
  public var isHealthy: Bool { healthy.load(ordering: .relaxed) }

  /// The engine's version as it says itself, once it was asked.
  var version: String? { learned.withLock { $0.version } }

  /// Notes the engine's version.
  ///
  /// - Returns: whether it is another one than before.
  func learn(version: String) -> Bool {
    learned.withLock { learned in
      defer { learned.version = version }
      return learned.version != version
    }
  }

  /// What it serves, as its engine has said or else an operator; nil when nobody has.
  var models: ModelCatalogue? { learned.withLock { $0.models } }

  /// Notes what the engine serves.
  ///
  /// - Returns: whether these are other models than before.
  func learn(models: ModelCatalogue) -> Bool {
    learned.withLock { learned in
      defer { learned.models = models }
      return learned.models.map { !$0.namesTheSame(as: models) } ?? true
    }
  }

  /// Whether there may be a model that both serve.
  func mayShareModels(with other: Worker) -> Bool {
    guard let mine = models, let others = other.models else { return true }
    return mine.takesOthers || others.takesOthers || !mine.names.isDisjoint(with: others.names)
  }

  /// Whether a probe has ever found it healthy; before that it is only taken to be.
  var wasFound: Bool { found.load(ordering: .relaxed) }

  /// Notes that a probe has found it healthy.
  func noteFound() {
    found.store(true, ordering: .relaxed)
  }

  /// Whether it takes new requests, as operators say.
  var state: WorkerState { standing.load(ordering: .relaxed) }

  /// Whether it takes new requests, and probes find it healthy.
  var isAvailable: Bool { state == .active && isHealthy }

  /// Whether it may be chosen: it is available, and its breaker has not ejected it.
  public var isEligible: Bool { isAvailable && breaker.state != .ejected }

  /// Moves to another state; only the registry does, under its lock.
  func setState(_ state: WorkerState) {
    precondition(self.state != .gone, "a worker that has left does not come back")
    standing.store(state, ordering: .relaxed)
  }

  /// Records the probes' verdict; one that comes (back) starts at `now`, if that is told.
  ///
  /// - Returns: whether it changed.
  func setHealthy(_ isHealthy: Bool, now: Instant? = nil) -> Bool {
    let isChange = healthy.exchange(isHealthy, ordering: .relaxed) != isHealthy
    if isChange, isHealthy, let now { noteStart(now: now) }
    return isChange
  }

  /// Notes that it comes (back) at `now`.
  func noteStart(now: Instant) {
    recovery.store(now.nanoseconds, ordering: .relaxed)
  }

  /// Notes that its engine may be no more.
  ///
  /// - Returns: whether that is news since the last probe began.
  func raiseDoubt() -> Bool {
    // Read first: many requests fail at once, and their loops share this line.
    !doubt.load(ordering: .relaxed) && !doubt.exchange(true, ordering: .relaxed)
  }

  /// A probe begins, which will answer all doubts that there are.
  func clearDoubt() {
    doubt.store(false, ordering: .relaxed)
  }

  /// When probes found it healthy after they had not, or for the first time, or its breaker let all
  /// requests to it again; nil when it has been there from the beginning.
  var startedAt: Instant? {
    let nanoseconds = recovery.load(ordering: .relaxed)
    return nanoseconds == .min ? nil : Instant(nanoseconds: nanoseconds)
  }

  /// What its engine said of its load, however long ago; nil when it never did.
  var loadReport: LoadReport? { report.withLock { $0 } }

  /// Notes what its engine says.
  func note(_ report: LoadReport) {
    self.report.withLock { $0 = report }
  }

  /// Counts a failed request.
  func noteFailure() {
    failures.wrappingAdd(1, ordering: .relaxed)
  }

  /// Counts a request in; exactly one `release` with the same tokens follows.
  func reserve(_ promptTokens: TokenCount, isUrgent: Bool = false) {
    if isUrgent { counters.pointee.urgent.wrappingAdd(1, ordering: .relaxed) }
    counters.pointee.requests.wrappingAdd(1, ordering: .relaxed)
    counters.pointee.tokens.wrappingAdd(promptTokens.number, ordering: .relaxed)
    counters.pointee.processed.wrappingAdd(1, ordering: .relaxed)
    noteLoadChange()
  }

  /// Counts a request out.
  func release(_ promptTokens: TokenCount, isUrgent: Bool = false) {
    if isUrgent { counters.pointee.urgent.wrappingSubtract(1, ordering: .relaxed) }
    let left = counters.pointee.requests.wrappingSubtract(1, ordering: .relaxed).newValue
    counters.pointee.tokens.wrappingSubtract(promptTokens.number, ordering: .relaxed)
    precondition(left >= 0, "a reservation is released once")
    noteLoadChange()
  }

  /// Makes every loop look again at the counters, which have changed before this.
  private func noteLoadChange() {
    loadBlock.changes.pointee.wrappingAdd(1, ordering: .releasing)
  }
}
