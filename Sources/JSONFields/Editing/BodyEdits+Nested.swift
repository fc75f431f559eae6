internal import Vocabulary

/// The same calls for a field inside an object-valued field.
///
/// `object` comes from `JSONFields.nested` of the body the plan will be applied to. Where the
/// outer field itself is set or removed, that wins and changes inside it are dropped.
extension BodyEdits {
  /// Sets `key` of `object` to the JSON text `raw`, whether or not it is there.
  public mutating func set(
    _ key: JSONFields.Key, to raw: StaticString, in object: borrowing JSONFields
  ) {
    dropDuplicates(of: object)
    plan(key, .set, in: FieldPlace(key, in: object)) { $0.append(raw) }
  }

  /// Sets `key` of `object` to the JSON text `bytes` (copied), whether or not it is there.
  public mutating func set(
    _ key: JSONFields.Key, toRaw bytes: UnsafeRawBufferPointer, in object: borrowing JSONFields
  ) {
    dropDuplicates(of: object)
    plan(key, .set, in: FieldPlace(key, in: object)) { $0.append(bytes) }
  }

  /// Sets `key` of `object` to a number, whether or not it is there.
  public mutating func set(
    _ key: JSONFields.Key, toInteger number: Int, in object: borrowing JSONFields
  ) {
    dropDuplicates(of: object)
    plan(key, .set, in: FieldPlace(key, in: object)) { $0.append(decimal: number) }
  }

  /// Sets `key` of `object` to the JSON text `raw` if it is there, and does nothing otherwise.
  public mutating func setIfPresent(
    _ key: JSONFields.Key, to raw: StaticString, in object: borrowing JSONFields
  ) {
    dropDuplicates(of: object)
    plan(key, .setIfPresent, in: FieldPlace(key, in: object)) { $0.append(raw) }
  }

  /// Removes `key` of `object` and one comma if it is there.
  public mutating func remove(_ key: JSONFields.Key, in object: borrowing JSONFields) {
    dropDuplicates(of: object)
    plan(key, .remove, in: FieldPlace(key, in: object)) { _ in }
  }
}
