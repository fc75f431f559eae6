/// Where a field is in its object, or would be added.
struct FieldPlace {
  /// The field as it is; `.absent` when the object has none.
  let slot: FieldSlot
  /// The offset after the object's closing brace; tells objects apart.
  let objectEnd: Int

  /// The place of `key` in `object`.
  init(_ key: JSONFields.Key, in object: borrowing JSONFields) {
    slot = object.table[key]
    objectEnd = object.range.upperBound
  }
}
