/// Hands the members of an object to a table, which is an object itself: as a struct the sink is
/// compiled into the scan, where a class would be called through its table of methods.
struct FieldSink: JSONMemberSink {
  /// Where the known fields are noted.
  let table: FieldTable

  /// Notes `member` if its name is a known key.
  @inline(__always)
  mutating func take(_ member: JSONMember, base: UnsafeRawPointer) throws(JSONError) {
    try table.note(member, base: base)
  }
}
