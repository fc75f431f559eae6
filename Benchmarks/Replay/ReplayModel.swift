import Policies
import Vocabulary

/// Simulated workers, and what becomes of a trace when a policy spreads it over them.
///
/// In virtual time. A worker computes one prompt after the other, what it has not cached of each at
/// `tokensPerSecond` and 20 ms besides, then generates for any number of requests at the same time.
/// Its cache holds `blocks` blocks, least recently used first out; a prompt is in it from the
/// moment that its turn comes, so one behind its sibling hits. The *oracle* is one cache as large
/// as all workers' together, which sees all requests in order of arrival: what a policy could reach
/// that has no load to heed.
struct ReplayModel {
  var workers = 8
  var blocks = 2000
  var remembered = 0
  var tokensPerSecond = 8000.0
  var secondsPerOutputToken = 0.02
  var speed = 1.0
  var seed: UInt64 = 1

  private static let secondsPerPrompt = 0.02

  /// What became of the requests.
  struct Outcome {
    /// Share of the prompt tokens that were cached.
    var hitRate = 0.0
    /// Greatest by mean over workers: requests, and prompt tokens computed.
    var requestSkew = 0.0
    var computeSkew = 0.0
    /// Seconds to the first token, ascending.
    var waits: [Double] = []

    /// The wait that a share of the requests does not exceed.
    func wait(_ share: Double) -> Double {
      waits.isEmpty ? 0 : waits[min(waits.count - 1, Int(Double(waits.count) * share))]
    }
  }

  /// One simulated worker.
  private struct Worker {
    var idleAt = 0.0
    /// When requests end, and their prompt tokens.
    var running: [(end: Double, tokens: Int)] = []
    var requests = 0
    var computed = 0
  }

  /// The oracle's hit rate.
  func oracle(_ requests: [ReplayRequest]) -> Double {
    let cache = makeIndex(blocks: blocks * workers)
    let match = PrefixMatch()
    var (hits, tokens) = (0, 0)
    for request in requests {
      hits += cachedTokens(request, in: cache, of: WorkerID(number: 0), match)
      cache.insert(request.chain, for: WorkerID(number: 0))
      tokens += request.promptTokens
    }
    return tokens > 0 ? Double(hits) / Double(tokens) : 0
  }

  /// What becomes of the requests by this policy.
  func replay(_ requests: [ReplayRequest], by name: PolicyName) -> Outcome {
    var settings = PolicySettings()
    settings.maxTreeSize = remembered * PrefixChain.blockBytes
    let memory = PolicyMemory(settings: settings)
    var policy = name.make(sharing: memory)
    policy.noteMembers(
      (0..<workers).map { PolicyMember(id: ReplayModel.id($0), url: "http://worker-\($0):8000") })
    var generator = SplitMix64(seed: seed)
    let caches = makeIndex(blocks: blocks)
    var fleet = [Worker](repeating: Worker(), count: workers)
    let match = PrefixMatch()
    var outcome = Outcome()
    for request in requests {
      let now = request.arrival / speed
      for place in fleet.indices { fleet[place].running.removeAll { $0.end <= now } }
      let traits = traits(of: request, now)
      memory.prefixes.match(request.chain, into: match)
      let place = choose(traits, by: &policy, fleet, match, &generator)
      policy.noteRouted(traits, to: ReplayModel.id(place))
      memory.prefixes.insert(request.chain, for: ReplayModel.id(place))
      let cached = cachedTokens(request, in: caches, of: ReplayModel.id(place), match)
      caches.insert(request.chain, for: ReplayModel.id(place))
      outcome.waits.append(serve(request, cached, now, &fleet[place]))
    }
    return finish(outcome, fleet, requests)
  }

  private func choose(
    _ traits: RequestTraits, by policy: inout any Policy, _ fleet: [Worker],
    _ match: PrefixMatch, _ generator: inout SplitMix64
  ) -> Int {
    let candidates = fleet.enumerated().map { place, worker in
      var snapshot = WorkerSnapshot(
        id: ReplayModel.id(place), role: .both, requestsInFlight: worker.running.count,
        tokensInFlight: TokenCount(worker.running.reduce(0) { $0 + $1.tokens }))
      snapshot.cachedBlocks = match.blocks(of: snapshot.id)
      return snapshot
    }
    let choice = candidates.withUnsafeBufferPointer {
      policy.choose(for: traits, among: $0, using: &generator)
    }
    guard let choice else { preconditionFailure("there are candidates") }
    return choice.index
  }

  /// The request waits for its turn and is served.
  ///
  /// - Returns: seconds to its first token.
  private func serve(
    _ request: ReplayRequest, _ cached: Int, _ now: Double, _ worker: inout Worker
  ) -> Double {
    let computed = request.promptTokens - cached
    let first =
      max(now, worker.idleAt) + Double(computed) / tokensPerSecond + ReplayModel.secondsPerPrompt
    worker.idleAt = first
    worker.running.append(
      (first + Double(request.outputTokens) * secondsPerOutputToken, request.promptTokens))
    worker.requests += 1
    worker.computed += computed
    return first - now
  }

  private func finish(
    _ outcome: Outcome, _ fleet: [Worker], _ requests: [ReplayRequest]
  ) -> Outcome {
    var outcome = outcome
    let tokens = requests.reduce(0) { $0 + $1.promptTokens }
    let computed = fleet.reduce(0) { $0 + $1.computed }
    outcome.hitRate = tokens > 0 ? 1 - Double(computed) / Double(tokens) : 0
    outcome.requestSkew = skew(fleet.map(\.requests))
    outcome.computeSkew = skew(fleet.map(\.computed))
    outcome.waits.sort()
    return outcome
  }

  private func skew(_ parts: [Int]) -> Double {
    let mean = Double(parts.reduce(0, +)) / Double(parts.count)
    return mean > 0 ? Double(parts.max() ?? 0) / mean : 0
  }

  private func traits(of request: ReplayRequest, _ now: Double) -> RequestTraits {
    var traits = RequestTraits(promptTokens: TokenCount(request.promptTokens))
    traits.now = Instant.zero + .microseconds(Int(now * 1e6))
    traits.prefix = request.chain
    return traits
  }

  private func cachedTokens(
    _ request: ReplayRequest, in cache: PrefixIndex, of worker: WorkerID,
    _ match: PrefixMatch
  ) -> Int {
    cache.match(request.chain, into: match)
    return min(match.blocks(of: worker) * ReplayRequest.blockTokens, request.promptTokens)
  }

  private func makeIndex(blocks: Int) -> PrefixIndex {
    PrefixIndex(bytesPerWorker: blocks * PrefixChain.blockBytes)
  }

  private static func id(_ place: Int) -> WorkerID { WorkerID(number: UInt32(place)) }
}
