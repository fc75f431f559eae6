/// Hands the members of an object to a table, which is an object itself: as a struct the sink is
/// compiled into the scan, where a class would be called through its table of methods.
struct FieldSink: JSONMemberSink {
  /// Where the known fields are noted.
  private(set) var table = FieldTable()

  /// Starts anew, in the same memory unless somebody else still holds it.
  @inline(__always)
  mutating func clear() {
    if isKnownUniquelyReferenced(&table) { table.removeAll() } else { table = FieldTable() }
  }

  /// The known key called `name`, if there is one.
  @inline(__always)
  func name(_ name: UnsafeRawBufferPointer, isPlain: Bool) -> JSONFields.Key? {
    JSONFields.Key(name: name) ?? (isPlain ? nil : JSONFields.Key(escaped: name))
  }

  /// Notes `member` if its name is a known key.
  @inline(__always)
  mutating func take(_ member: JSONMember, _ key: JSONFields.Key?) throws(JSONError) {
    guard let key else { return }
    try table.note(member, key)
  }
}
