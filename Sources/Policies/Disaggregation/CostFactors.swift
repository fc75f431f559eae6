internal import Vocabulary

/// What a duration is explained by: a fixed part, own tokens, tokens queued ahead, active decodes.
///
/// In units that keep all of them near 1 (1,024 tokens, 64 decodes), which keeps the normal
/// equations well conditioned; brought into a range in which no sum of products overflows.
struct CostFactors: Equatable {
  /// Far beyond any engine's context.
  private static let mostTokens = 1 << 22
  private static let mostDecodes = 1 << 16
  static let tokensPerUnit = 1024.0
  private static let decodesPerUnit = 64.0

  /// Fixed part (always 1), own tokens, queued tokens, decodes.
  let vector: SIMD4<Double>

  init(uncached: Int, queuedAhead: Int = 0, activeDecodes: Int = 0) {
    vector = SIMD4(
      1, CostFactors.units(ofTokens: uncached), CostFactors.units(ofTokens: queuedAhead),
      Double(min(max(0, activeDecodes), CostFactors.mostDecodes)) / CostFactors.decodesPerUnit)
  }

  static func units(ofTokens tokens: Int) -> Double {
    Double(min(max(0, tokens), mostTokens)) / tokensPerUnit
  }
}
