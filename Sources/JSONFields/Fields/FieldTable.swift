internal import Glibc

/// The members with known names of one object, noted while it is scanned.
///
/// One slot per key in one heap block, which a request takes over from the one before; further heap
/// memory is touched only for repeated names.
final class FieldTable {
  private var slots = InlineArray<40, FieldSlot>(repeating: .absent)
  /// The keys that have a slot, a bit each.
  private(set) var present: UInt64 = 0
  /// Earlier occurrences of known names; by position once `sortDuplicates` was called.
  private(set) var duplicates: [FieldSlot] = []

  /// The place of `key`; `.absent` when the object has no such field.
  @inline(__always)
  subscript(_ key: JSONFields.Key) -> FieldSlot {
    present & FieldTable.bit(key) == 0 ? .absent : slots[Int(key.rawValue)]
  }

  @inline(__always)
  static func bit(_ key: JSONFields.Key) -> UInt64 { 1 &<< UInt64(key.rawValue) }

  /// Forgets every member.
  func removeAll() {
    present = 0
    if !duplicates.isEmpty { duplicates.removeAll() }
  }

  /// Orders the earlier occurrences by position.
  func sortDuplicates() {
    if duplicates.count > 1 { duplicates.sort { $0.nameStart < $1.nameStart } }
  }

  /// Notes `member` if its name is a known key; a later one replaces an earlier one.
  @inline(__always)
  func note(_ member: JSONMember, base: UnsafeRawPointer) throws(JSONError) {
    let name = UnsafeRawBufferPointer(
      start: base + member.nameStart, count: member.nameEnd &- member.nameStart)
    guard
      let key = JSONFields.Key(name: name) ?? (member.isPlain ? nil : FieldTable.key(escaped: name))
    else { return }
    if present & FieldTable.bit(key) != 0 { try noteDuplicate(of: key, at: member.nameStart &- 1) }
    slots[Int(key.rawValue)] = FieldSlot(member)
    present |= FieldTable.bit(key)
  }

  /// Remembers the present slot of `key`, which comes again at `position`, as an earlier one.
  @inline(never)
  private func noteDuplicate(
    of key: JSONFields.Key, at position: Int
  ) throws(JSONError) {
    guard duplicates.count < JSONFields.maximumDuplicateCount else {
      throw JSONError(.tooManyDuplicates, at: position)
    }
    duplicates.append(slots[Int(key.rawValue)])
  }

  /// The key that `name` says once its escapes are undone; nil when it has none.
  private static func key(escaped name: UnsafeRawBufferPointer) -> JSONFields.Key? {
    // No known name is longer than 21 bytes, and an escape writes a byte with six at most.
    guard name.count <= 6 * 21, let base = name.baseAddress,
      memchr(base, Int32(UInt8(ascii: "\\")), name.count) != nil
    else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 6 * 21, alignment: 1) { target in
      let count = JSONStringContent.unescape(name, into: target)
      return JSONFields.Key(name: UnsafeRawBufferPointer(rebasing: target[..<count]))
    }
  }
}
