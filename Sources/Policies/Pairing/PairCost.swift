internal import Vocabulary

/// What one request would cost on a pair: the parts, in tokens that a prefill engine computes.
///
/// A token is some 60 µs on one machine and 6 on another, but what the parts weigh against each
/// other differs less. Every part is finite and never negative, whatever the snapshots say.
struct PairCost {
  /// A request at decode: every step of an hour-long stream gets longer by it, but only by little.
  static let tokensPerDecodeRequest = 512.0
  /// A request at prefill besides its tokens: what of a step's fixed cost is its share.
  static let tokensPerPrefillRequest = 64.0
  /// Tokens of a request at prefill of which only is known that it is there (another router's).
  static let tokensPerForeignRequest = 1024.0
  /// Share of a queued prompt that is computed at least, however much of it is cached.
  static let leastUncachedShare = 0.1
  /// Fetching a token of KV beside computing it. Of a model of 70 billion parameters a token is
  /// 320 KB, 13 µs at 200 Gbit/s; eight H100 compute it in some 60.
  static let transferShare = 0.2
  /// How much longer a token of KV takes between workers that lie apart: 50 Gbit/s for 200.
  static let farFactor = 4.0
  /// What a decode worker's full KV cache weighs: `k / (1 - k)` times this at a usage of `k`.
  static let tokensPerKVPressure = 1024.0
  /// A worker that has never served the request's model: an adapter to load, where others have it.
  static let tokensPerNewModel = tokensPerDecodeRequest
  /// A handshake: four requests at decode, as `least_load` has it.
  static let tokensPerHandshake = 4 * tokensPerDecodeRequest
  /// Usage beyond which a cache is as good as full.
  private static let fullestUsage = 0.99
  /// A worker that has just come counts as at most so many times as loaded.
  private static let leastShare = 0.01

  /// Tokens that decode computes for a request to be served there whole; none: always split.
  private let servesWholeBelow: Double
  private let prompt: Double
  private let blocks: Int
  private let tokensPerBlock: Double

  /// Costs of a request that decode serves whole when it computes fewer tokens than said.
  init(of traits: borrowing RequestTraits, servesWholeBelow: TokenCount?) {
    precondition(traits.promptTokens.number >= 0)
    prompt = Double(traits.promptTokens.number)
    blocks = traits.prefix.hashes.count
    tokensPerBlock = traits.tokensPerBlock
    self.servesWholeBelow = Double(servesWholeBelow?.number ?? 0)
  }

  /// What `worker` has to do before it has computed the prompt.
  ///
  /// Of what queues there only whole prompts are known. They are taken to be cached as this one is,
  /// for whoever is sent where its prompt lies finds others of its kind; else one request in the
  /// queue would outweigh a whole cached prompt.
  @inline(__always)
  func prefill(on worker: UnsafePointer<WorkerSnapshot>) -> Double {
    let foreign = Double(worker.pointee.foreignRequests)
    var tokens =
      Double(worker.pointee.tokensInFlight.number) + foreign * PairCost.tokensPerForeignRequest
    var uncached = prompt
    if worker.pointee.cachedBlocks > 0 {
      uncached = uncachedTokens(on: worker)
      if prompt > 0 { tokens *= max(uncached / prompt, PairCost.leastUncachedShare) }
    }
    let others = Double(worker.pointee.requestsInFlight) * PairCost.tokensPerPrefillRequest
    return shared(tokens + others + uncached + loading(on: worker), by: worker)
  }

  /// What `worker` costs as the decode worker.
  @inline(__always)
  func decode(on worker: UnsafePointer<WorkerSnapshot>) -> DecodeCost {
    let requests =
      Double(worker.pointee.requestsInFlight) + Double(worker.pointee.foreignRequests)
    let uncached = uncachedTokens(on: worker)
    var cost = DecodeCost()
    cost.load =
      shared((requests + 1) * PairCost.tokensPerDecodeRequest, by: worker) + loading(on: worker)
    if worker.pointee.kvUsage > 0 {
      let usage = min(worker.pointee.kvUsage, PairCost.fullestUsage)
      cost.load += usage / (1 - usage) * PairCost.tokensPerKVPressure
    }
    cost.fetch = uncached * PairCost.transferShare
    guard uncached < servesWholeBelow else { return cost }
    // Each stream that runs there waits while it computes.
    let tax = 1 + requests * DisaggregationDecider.standardDecodeTaxWeight
    cost.whole = cost.load + uncached * tax
    return cost
  }

  /// What is added by what is between the two.
  @inline(__always)
  static func between(_ relation: PairRelation, fetching fetch: Double) -> Double {
    (relation.contains(.cold) ? tokensPerHandshake : 0)
      + (relation.contains(.far) ? fetch * farFactor : fetch)
  }

  @inline(__always)
  private func loading(on worker: UnsafePointer<WorkerSnapshot>) -> Double {
    worker.pointee.isNewToModel ? PairCost.tokensPerNewModel : 0
  }

  @inline(__always)
  private func uncachedTokens(on worker: UnsafePointer<WorkerSnapshot>) -> Double {
    let cached = worker.pointee.cachedBlocks
    return cached > 0 ? prompt - Double(min(cached, blocks)) * tokensPerBlock : prompt
  }

  /// What is `cost` for a worker that gets all of its part.
  @inline(__always)
  private func shared(_ cost: Double, by worker: UnsafePointer<WorkerSnapshot>) -> Double {
    let share = worker.pointee.share
    return share < 1 ? cost / max(share, PairCost.leastShare) : cost
  }
}

/// What a worker costs as the decode worker of a request, whoever prefills.
struct DecodeCost {
  /// The requests there, this one included, and its KV cache.
  var load = 0.0
  /// Fetching the KV that it has not cached from a near prefill worker.
  var fetch = 0.0
  /// Everything, if it would serve the request by itself; nil: it would not.
  var whole: Double?
}
