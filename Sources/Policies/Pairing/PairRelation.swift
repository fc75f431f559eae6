/// What is special between a prefill and a decode worker; nothing, between two that know each other
/// well.
public struct PairRelation: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// A relation from its bits.
  @inlinable
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// They may not be paired: their caches do not fit, or the pair is ejected.
  public static let impossible = PairRelation(rawValue: 1)
  /// They have never met: a handshake of seconds comes first.
  public static let cold = PairRelation(rawValue: 2)
  /// They lie apart, by their topology labels.
  public static let far = PairRelation(rawValue: 4)
}
