/// Notes the members with known names while an object is scanned.
struct FieldSink: JSONMemberSink {
  private(set) var slots = InlineArray<36, FieldSlot>(repeating: .absent)
  private(set) var duplicates: [FieldSlot] = []

  /// Notes `member` if its name is a known key; a later one replaces an earlier one.
  @inline(__always)
  mutating func take(_ member: JSONMember, base: UnsafeRawPointer) throws(JSONError) {
    let name = UnsafeRawBufferPointer(
      start: base + member.name.lowerBound + 1, count: member.name.count - 2)
    guard let key = JSONFields.Key(name: name) ?? FieldSink.key(escaped: name) else { return }
    let index = Int(key.rawValue)
    if slots[index].kind != nil {
      guard duplicates.count < JSONFields.maximumDuplicateCount else {
        throw JSONError(.tooManyDuplicates, at: member.name.lowerBound)
      }
      duplicates.append(slots[index])
    }
    slots[index] = FieldSlot(member)
  }

  /// The key that `name` says once its escapes are undone; nil when it has none.
  private static func key(escaped name: UnsafeRawBufferPointer) -> JSONFields.Key? {
    // No known name is longer than 21 bytes, and an escape writes a byte with six at most.
    guard name.count <= 6 * 21, name.contains(UInt8(ascii: "\\")) else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 6 * 21, alignment: 1) { target in
      let count = JSONStringContent.unescape(name, into: target)
      return JSONFields.Key(name: UnsafeRawBufferPointer(rebasing: target[..<count]))
    }
  }
}
