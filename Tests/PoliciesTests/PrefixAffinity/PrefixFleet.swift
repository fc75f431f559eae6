import Policies
import Vocabulary

/// Workers with caches, requests in flight, and a policy that spreads prompts over them.
///
/// Time is counted in requests: each ends `lifetime` requests after it came. The router remembers
/// as much as the caches hold, so what it remembers is what they hold.
struct PrefixFleet {
  /// Tokens of one block.
  static let blockTokens = 512

  let memory: PolicyMemory
  let workers: Int
  let lifetime: Int
  private var policy: any Policy
  private var generator: SplitMix64
  private let match = PrefixMatch()
  private var running: [(end: Int, worker: Int, tokens: Int)] = []
  private var number = 0
  /// By worker.
  private(set) var requests: [Int]
  private(set) var computed: [Int]
  /// Prompt tokens in all, and those that were cached.
  private(set) var tokens = 0
  private(set) var hits = 0

  init(
    _ name: PolicyName, workers: Int, cachedBlocks: Int = 4000, lifetime: Int = 20,
    seed: UInt64 = 1
  ) {
    var settings = PolicySettings()
    settings.maxTreeSize = cachedBlocks * PrefixChain.blockBytes
    memory = PolicyMemory(settings: settings)
    policy = name.make(sharing: memory)
    self.workers = workers
    self.lifetime = lifetime
    generator = SplitMix64(seed: seed)
    requests = [Int](repeating: 0, count: workers)
    computed = requests
  }

  /// Sends a prompt to whoever the policy chooses, who is returned.
  @discardableResult
  mutating func send(_ chain: PrefixChain) -> Int {
    number += 1
    running.removeAll { $0.end <= number }
    let promptTokens = chain.hashes.count * Self.blockTokens
    var request = RequestTraits(promptTokens: TokenCount(promptTokens))
    request.prefix = chain
    memory.prefixes.match(chain, into: match)
    let candidates = snapshots()
    let chosen = candidates.withUnsafeBufferPointer {
      policy.choose(for: request, among: $0, using: &generator)?.index ?? 0
    }
    memory.prefixes.insert(chain, for: candidates[chosen].id)
    let cached = candidates[chosen].cachedBlocks * Self.blockTokens
    running.append((number + lifetime, chosen, promptTokens))
    requests[chosen] += 1
    computed[chosen] += promptTokens - cached
    tokens += promptTokens
    hits += cached
    return chosen
  }

  private func snapshots() -> [WorkerSnapshot] {
    (0..<workers).map { place in
      let own = running.filter { $0.worker == place }
      var snapshot = Pool.worker(
        place, requests: own.count, tokens: own.reduce(0) { $0 + $1.tokens })
      snapshot.cachedBlocks = match.blocks(of: snapshot.id)
      return snapshot
    }
  }

  /// Share of the prompt tokens that were cached.
  var hitRate: Double { tokens > 0 ? Double(hits) / Double(tokens) : 0 }

  /// Greatest by mean.
  static func skew(_ parts: [Int]) -> Double {
    Double(parts.max() ?? 0) * Double(parts.count) / Double(parts.reduce(0, +))
  }
}
