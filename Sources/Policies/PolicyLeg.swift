/// Which of a request's legs a policy chooses for.
public enum PolicyLeg: UInt8, Sendable, CaseIterable {
  /// The prefill leg of a split request.
  case prefill
  /// The leg that answers the client: decode, or a whole request.
  case serving
}
