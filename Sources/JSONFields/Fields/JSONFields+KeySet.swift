extension JSONFields {
  /// Some of the known fields, a bit each.
  public struct KeySet: Sendable {
    var bits: UInt64 = 0

    /// None.
    public init() {}

    /// Takes `key` in.
    public mutating func insert(_ key: Key) {
      bits |= FieldTable.bit(key)
    }
  }

  /// Whether a body with these fields stays as it is when `keys` are removed from it: it has none
  /// of them, and nothing that `BodyEdits` takes out in any case.
  public func lacks(_ keys: KeySet) -> Bool {
    table.present & keys.bits == 0 && !hasDuplicates
  }
}
