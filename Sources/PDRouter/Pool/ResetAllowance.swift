internal import Vocabulary

/// How many streams of one connection may be reset before another connection takes over.
///
/// Servers take many resets for an attack and end the connection with all its streams
/// (CVE-2023-44487: nghttp2 after 1,000 and 33 a second, Envoy after 500, Go and hyper by what
/// waits).
/// A hundred clients that leave at once must not cost the others their answers. Pure; a bucket of
/// `burst` that fills by `perSecond`.
struct ResetAllowance {
  /// Resets at once. With those of all streams that a leaving connection may still have, it is
  /// below what any server puts up with.
  static let burst = 200
  /// Resets a second in the long run.
  static let perSecond = 16

  private static let interval = Duration.seconds(1) / perSecond
  private static let depth = interval * burst
  /// When the bucket will be full again.
  private var fullAt = Instant.zero

  /// Takes one; false when there is none.
  mutating func take(now: Instant) -> Bool {
    let next = max(fullAt, now) + ResetAllowance.interval
    guard next - now <= ResetAllowance.depth else { return false }
    fullAt = next
    return true
  }
}
