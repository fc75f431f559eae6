/// The pair that was chosen: places among the candidates that were given.
public struct PairChoice: Sendable, Equatable {
  /// Place of the prefill worker.
  public let prefill: Int
  /// Place of the decode worker.
  public let decode: Int
  /// What the pair is expected to cost, in prompt tokens (`PairCost`).
  public let cost: Double
  /// Whether it was drawn from several that cost the same.
  public let isTie: Bool

  /// A choice from its parts.
  public init(prefill: Int, decode: Int, cost: Double, isTie: Bool) {
    precondition(prefill >= 0 && decode >= 0)
    self.prefill = prefill
    self.decode = decode
    self.cost = cost
    self.isTie = isTie
  }

  /// Why either of the two was chosen.
  public var reason: ChoiceReason { isTie ? .tie : .cheapestPair }
}
