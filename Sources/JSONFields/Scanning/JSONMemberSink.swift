/// Who is told the members of an object, in order.
///
/// In two steps, so that of a name only what it means has to be kept while its value is scanned.
protocol JSONMemberSink {
  /// What the sink makes of a name.
  associatedtype Name

  /// What `name` means, the bytes between the quotes of the next member's name; `isPlain` when it
  /// is known to hold no escape.
  func name(_ name: UnsafeRawBufferPointer, isPlain: Bool) -> Name

  /// The member itself, `name` being what its name means. Throws to end the scan.
  mutating func take(_ member: JSONMember, _ name: Name) throws(JSONError)
}
