/// What a policy wants to be told of requests and workers; what nobody needs is not found out.
public struct PolicyNeeds: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// Needs from their bits.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// `RequestTraits.session`.
  public static let session = PolicyNeeds(rawValue: 1)
  /// `RequestTraits.prefix`.
  public static let prefix = PolicyNeeds(rawValue: 2)
  /// `WorkerSnapshot.cachedBlocks`, by the prefix index; implies `prefix`.
  public static let cachedBlocks = PolicyNeeds(rawValue: 4 | 2)
  /// What the engines' `/metrics` say.
  public static let reportedLoad = PolicyNeeds(rawValue: 8)
}
