/// The ways of choosing a pair, by the names of the command line.
public enum PairChoiceName: String, Sendable, CaseIterable {
  /// Prefill and decode together, where pairs differ and both policies allow it.
  case joint
  /// Prefill by its policy, then decode by its own.
  case separate
}
