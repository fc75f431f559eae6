/// The ways of deciding who is split, by the names of the command line.
public enum DeciderName: String, Sendable, CaseIterable {
  /// Every request that can be split is split.
  case off
  /// A prompt of which decode would compute few tokens is not split.
  case threshold
  /// A request takes the way that is expected to cost less, by what the router has seen.
  case cost
}
