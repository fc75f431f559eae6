/// Remembers where the last member of one name has its value while an object is scanned.
struct MemberFinder: JSONMemberSink {
  /// The value of the last member of that name, if any so far.
  private(set) var found: JSONSpan?
  private let name: StaticString

  /// A finder of `name`, which is compared after escapes are undone.
  init(_ name: StaticString) {
    self.name = name
  }

  /// Keeps `member` if it has the name.
  mutating func take(_ member: JSONMember, base: UnsafeRawPointer) throws(JSONError) {
    let content = UnsafeRawBufferPointer(
      start: base + member.nameStart, count: member.nameEnd - member.nameStart)
    let wanted = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    if JSONStringContent.equals(content, wanted) {
      found = JSONSpan(kind: member.kind, range: member.valueStart..<member.valueEnd)
    }
  }
}
