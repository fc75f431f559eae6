/// When the two legs of a request leave the router.
public enum LegOrder: UInt8, Sendable, CaseIterable {
  /// Decode waits for prefill's answer, whose parameters it carries.
  case prefillFirst
  /// Decode waits for prefill's answer, though its parameters are known ahead: an engine that waits
  /// for a prefill that fails would keep its blocks (measured on vLLM 0.32).
  case inTurn
  /// Both leave at once; the failure of either cancels the other.
  case together
}
