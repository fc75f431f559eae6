/// How the bytes that one wake-up writes to a stream are cut on their way to the reader.
///
/// Order within a stream is never changed, whatever the cuts.
public enum Fragmentation: Equatable, Sendable {
  /// One write arrives as one piece (up to the size of a read buffer).
  case none
  /// With this chance (0 to 1) a write arrives in several pieces of seeded sizes.
  case seeded(chance: Double)
  /// Every byte arrives by itself: slow, for parsers.
  case singleBytes
}
