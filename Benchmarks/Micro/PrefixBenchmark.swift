import Policies
import Vocabulary

/// Hashing prompts, looking their chains up and choosing by them, with 4,096 prefixes that 64
/// workers hold; inserting.
///
/// "decide" is everything from the prompt's bytes to the choice. "4 KB", "128 KB" are prompt bytes.
func prefixBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  let sizes = [(name: "4 KB", bytes: 4096), (name: "128 KB", bytes: 131_072)]
  return sizes.flatMap { size in
    // A million blocks: made only when one of these is run.
    let bench = OnDemand { PrefixBench(promptBytes: size.bytes) }
    return [
      (name: "prefix hash \(size.name)", bytes: size.bytes, run: { bench.value.hash($0) }),
      (
        name: "prefix match and choose \(size.name)", bytes: 0,
        run: { bench.value.matchAndChoose($0) }
      ),
      (name: "prefix decide \(size.name)", bytes: 0, run: { bench.value.decide($0) }),
      (name: "prefix insert known \(size.name)", bytes: 0, run: { bench.value.insertKnown($0) }),
      (name: "prefix insert new \(size.name)", bytes: 0, run: { bench.value.insertNew($0) }),
    ]
  }
}

/// A value that is made when it is first asked for.
private final class OnDemand<Value> {
  private let make: () -> Value
  private(set) lazy var value = make()

  init(_ make: @escaping () -> Value) {
    self.make = make
  }
}

/// An index in which 64 workers hold 4,096 distinct prefixes, and prompts to be looked up in it.
private final class PrefixBench {
  private static let workers = 64
  private static let prefixes = 4096

  private let memory: PolicyMemory
  private let prompts: [[UInt8]]
  private let chains: [PrefixChain]

  init(promptBytes: Int) {
    var settings = PolicySettings()
    settings.hashSeed = 1
    let memory = PolicyMemory(settings: settings)
    var generator = SplitMix64(seed: 3)
    // The hash does not care what the bytes are, so a few different prompts are enough to hash.
    let prompts = (0..<8).map { _ in
      (0..<promptBytes).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }
    var chains: [PrefixChain] = []
    let blocks = promptBytes / PrefixChain.blockBytes
    for number in 0..<PrefixBench.prefixes {
      let chain =
        number < 8
        ? prompts[number].withUnsafeBytes { PrefixChain(of: $0, seed: 0, by: memory.hasher) }
        : PrefixBench.chain(UInt64(number), blocks)
      chains.append(chain)
      memory.prefixes.insert(chain, for: PrefixBench.worker(number))
      // A quarter of the prefixes is held by a second worker, half as far.
      if number % 4 == 0 {
        var half = chain
        half.hashes.removeLast(blocks / 2)
        memory.prefixes.insert(half, for: PrefixBench.worker(number / 4 + 7))
      }
    }
    self.memory = memory
    self.prompts = prompts
    self.chains = chains
  }

  func hash(_ iterations: Int) {
    var builder = PrefixChainBuilder(memory.hasher)
    var chain = PrefixChain()
    var sum: UInt64 = 0
    for iteration in 0..<iterations {
      build(&chain, of: prompts[iteration & 7], by: &builder)
      sum ^= chain.hashes.last ?? 0
    }
    precondition(sum != 1)
  }

  func matchAndChoose(_ iterations: Int) {
    var (policy, generator) = (PolicyName.cacheAware.make(sharing: memory), SplitMix64(seed: 1))
    var request = RequestTraits(promptTokens: TokenCount(1000))
    let match = PrefixMatch()
    var pool = PrefixBench.pool()
    var sum = 0
    for iteration in 0..<iterations {
      request.prefix = chains[iteration & (PrefixBench.prefixes - 1)]
      sum &+= choose(request, &policy, match, &pool, &generator)
    }
    precondition(sum >= 0)
  }

  func decide(_ iterations: Int) {
    var (policy, generator) = (PolicyName.cacheAware.make(sharing: memory), SplitMix64(seed: 1))
    var builder = PrefixChainBuilder(memory.hasher)
    var request = RequestTraits(promptTokens: TokenCount(1000))
    let match = PrefixMatch()
    var pool = PrefixBench.pool()
    var sum = 0
    for iteration in 0..<iterations {
      build(&request.prefix, of: prompts[iteration & 7], by: &builder)
      sum &+= choose(request, &policy, match, &pool, &generator)
    }
    precondition(sum >= 0)
  }

  func insertKnown(_ iterations: Int) {
    for iteration in 0..<iterations {
      let number = iteration & (PrefixBench.prefixes - 1)
      memory.prefixes.insert(chains[number], for: PrefixBench.worker(number))
    }
  }

  /// Every chain is new; once the bound is reached, as much is evicted.
  func insertNew(_ iterations: Int) {
    var settings = PolicySettings()
    settings.maxTreeSize = 1 << 22
    let index = PolicyMemory(settings: settings).prefixes
    let blocks = chains[0].hashes.count
    var chain = chains[0]
    for iteration in 0..<iterations {
      var hash = SplitMix64.mix(UInt64(truncatingIfNeeded: iteration))
      for block in 0..<blocks {
        hash = SplitMix64.mix(hash)
        chain.hashes[block] = hash
      }
      index.insert(chain, for: PrefixBench.worker(iteration))
    }
    precondition(index.holdings <= PrefixBench.workers << 22 / PrefixChain.blockBytes)
  }

  private func build(
    _ chain: inout PrefixChain, of prompt: [UInt8], by builder: inout PrefixChainBuilder
  ) {
    var old = PrefixChain()
    swap(&old, &chain)
    builder.begin(seed: 0, reusing: consume old)
    prompt.withUnsafeBytes { builder.append($0) }
    chain = builder.finish()
  }

  private func choose(
    _ request: RequestTraits, _ policy: inout any Policy, _ match: PrefixMatch,
    _ pool: inout [WorkerSnapshot], _ generator: inout SplitMix64
  ) -> Int {
    memory.prefixes.match(request.prefix, into: match)
    for place in pool.indices { pool[place].cachedBlocks = match.blocks(of: pool[place].id) }
    return pool.withUnsafeBufferPointer {
      policy.choose(for: request, among: $0, using: &generator)?.index ?? 0
    }
  }

  private static func worker(_ number: Int) -> WorkerID {
    WorkerID(number: UInt32(number % workers))
  }

  private static func pool() -> [WorkerSnapshot] {
    (0..<workers).map {
      WorkerSnapshot(
        id: worker($0), role: .both, requestsInFlight: 3 + $0 % 4,
        tokensInFlight: TokenCount(1000 + $0 % 8))
    }
  }

  private static func chain(_ seed: UInt64, _ blocks: Int) -> PrefixChain {
    var generator = SplitMix64(seed: seed)
    var chain = PrefixChain()
    for _ in 0..<blocks { chain.hashes.append(generator.next()) }
    return chain
  }
}
