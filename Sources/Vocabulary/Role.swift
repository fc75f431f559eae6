/// What a worker is for.
public enum Role: String, Sendable, CaseIterable {
  /// Computes prompts and hands out their KV cache.
  case prefill
  /// Generates tokens from a KV cache it is handed.
  case decode
  /// Serves whole requests by itself.
  case both
}
