/// What is special between a prefill and a decode worker; nothing, between two that know each other
/// well.
///
/// Looked at hundreds of times a choice, so its members are computed: a stored one would be checked
/// for its initialisation each time.
public struct PairRelation: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// A relation from its bits.
  @inlinable
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// They may not be paired: their caches do not fit, or the pair is ejected.
  @inlinable public static var impossible: PairRelation { PairRelation(rawValue: 1) }
  /// They have never met: a handshake of seconds comes first.
  @inlinable public static var cold: PairRelation { PairRelation(rawValue: 2) }
  /// They lie apart, by their topology labels.
  @inlinable public static var far: PairRelation { PairRelation(rawValue: 4) }
}
