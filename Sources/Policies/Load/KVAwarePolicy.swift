internal import Glibc
public import Vocabulary

/// The worker that has the least to compute before it gets to this request, with what lies in its
/// cache taken off.
///
/// The cost of a worker is the baseline's, in tokens times requests:
///
///     (prompt tokens not cached there + tokens in flight there) · (requests there + 1)
///
/// What is cached comes from what the router itself has sent there, not from the engines' events.
/// At temperature 0 the least cost wins; above it a worker is drawn with a chance in proportion to
/// exp(−(cost − least) / temperature). Cost: one pass, or two and some exponentials when drawn.
public struct KVAwarePolicy: Policy {
  /// A worker so many temperatures above the least cost is not drawn: a chance below 10⁻¹⁵.
  private static let farthest = 36.0

  /// Which policy it is.
  public var name: PolicyName { .kvAware }

  private let temperature: Double

  /// A policy that draws at `temperature`, in units of the cost; finite and not negative.
  public init(temperature: Double = 0) {
    precondition(temperature >= 0 && temperature.isFinite)
    self.temperature = temperature
  }

  /// The candidate of the least cost, or one drawn; the score is its cost.
  public mutating func choose(
    for request: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>,
    using generator: inout SplitMix64
  ) -> Choice? {
    guard let first = candidates.baseAddress, !candidates.isEmpty else { return nil }
    let prompt = Prompt(of: request)
    let least = LeastPlace(of: candidates.count, using: &generator) {
      prompt.cost(on: first + $0)
    }
    guard candidates.count > 1 else {
      return Choice(index: 0, reason: .onlyCandidate, score: least.score)
    }
    guard temperature == 0 else {
      return draw(prompt, among: candidates, from: least.score, using: &generator)
    }
    return Choice(
      index: least.index, reason: least.isTie ? .tie : .leastCost, score: least.score)
  }

  /// Draws by weight in one pass: each candidate replaces the one held with the chance that its
  /// weight has among those so far.
  private func draw(
    _ prompt: Prompt, among candidates: UnsafeBufferPointer<WorkerSnapshot>, from least: Double,
    using generator: inout SplitMix64
  ) -> Choice {
    var total = 0.0
    var (index, score) = (0, least)
    guard let first = candidates.baseAddress else { preconditionFailure("somebody is drawn") }
    for place in candidates.indices {
      let cost = prompt.cost(on: first + place)
      let distance = (cost - least) / temperature
      guard distance < KVAwarePolicy.farthest else { continue }
      let weight = exp(-distance)
      total += weight
      let uniform = Double(generator.next() >> 11) * 0x1p-53
      if uniform * total < weight { (index, score) = (place, cost) }
    }
    return Choice(index: index, reason: .drawnByCost, score: score)
  }
}

/// What of a request its cost on a worker depends on.
private struct Prompt {
  let tokens: Double
  /// Tokens that one block of its chain stands for; 0 where it has none.
  let tokensPerBlock: Double
  let blocks: Int

  init(of request: borrowing RequestTraits) {
    tokens = Double(request.promptTokens.number)
    blocks = request.prefix.hashes.count
    tokensPerBlock = blocks > 0 ? tokens / Double(blocks) : 0
  }

  @inline(__always)
  func cost(on worker: UnsafePointer<WorkerSnapshot>) -> Double {
    var uncached = tokens
    if worker.pointee.cachedBlocks > 0 {
      uncached -= Double(min(worker.pointee.cachedBlocks, blocks)) * tokensPerBlock
    }
    return (uncached + Double(worker.pointee.tokensInFlight.number)) * (worker.pointee.load + 1)
  }
}
