/// When the two legs of a request leave the router.
public enum LegOrder: UInt8, Sendable, CaseIterable {
  /// Decode waits for prefill's answer, whose parameters it carries.
  case prefillFirst
  /// Both leave at once; the failure of either cancels the other.
  case together
}
