/// Remembers where the last member of one name has its value while an object is scanned.
struct MemberFinder: JSONMemberSink {
  /// The value of the last member of that name, if any so far.
  private(set) var found: JSONSpan?
  private let name: StaticString

  /// A finder of `name`, which is compared after escapes are undone.
  init(_ name: StaticString) {
    self.name = name
  }

  /// Whether `name` is the one that is looked for.
  func name(_ name: UnsafeRawBufferPointer, isPlain: Bool) -> Bool {
    JSONStringContent.equals(
      name, UnsafeRawBufferPointer(start: self.name.utf8Start, count: self.name.utf8CodeUnitCount))
  }

  /// Keeps `member` if it has the name.
  mutating func take(_ member: JSONMember, _ isWanted: Bool) throws(JSONError) {
    guard isWanted else { return }
    found = JSONSpan(
      kind: JSONKind(startingWith: member.first), range: member.valueStart..<member.valueEnd)
  }
}
