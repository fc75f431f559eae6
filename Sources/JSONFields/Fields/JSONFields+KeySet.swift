extension JSONFields {
  /// Some of the known fields, a bit each.
  public struct KeySet: Sendable {
    @usableFromInline var bits: UInt64 = 0

    /// None.
    @inlinable
    public init() {}

    /// Whether `key` is in it.
    @inlinable
    public func contains(_ key: Key) -> Bool { bits & KeySet.bit(key) != 0 }

    /// Takes `key` in.
    @inlinable
    public mutating func insert(_ key: Key) {
      bits |= KeySet.bit(key)
    }

    @inlinable
    static func bit(_ key: Key) -> UInt64 { 1 &<< UInt64(key.rawValue) }
  }

  /// Whether a body with these fields stays as it is when `keys` are removed from it: it has none
  /// of them, and nothing that `BodyEdits` takes out in any case.
  public func lacks(_ keys: KeySet) -> Bool {
    present.bits & keys.bits == 0 && !hasDuplicates
  }
}
