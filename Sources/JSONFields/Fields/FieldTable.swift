/// The members with known names of one object, noted while it is scanned.
///
/// One slot per key in one heap block, which a request takes over from the one before; further heap
/// memory is touched only for repeated names.
final class FieldTable {
  private var slots = InlineArray<40, FieldSlot>(repeating: .absent)
  /// The keys that have a slot, a bit each.
  private(set) var present = JSONFields.KeySet()
  /// Earlier occurrences of known names; by position once `sortDuplicates` was called.
  private(set) var duplicates: [FieldSlot] = []

  /// The place of `key`; `.absent` when the object has no such field.
  @inline(__always)
  subscript(_ key: JSONFields.Key) -> FieldSlot {
    present.contains(key) ? slots[Int(key.rawValue)] : .absent
  }

  /// Forgets every member.
  func removeAll() {
    present = JSONFields.KeySet()
    if !duplicates.isEmpty { duplicates.removeAll() }
  }

  /// Orders the earlier occurrences by position.
  func sortDuplicates() {
    if duplicates.count > 1 { duplicates.sort { $0.nameStart < $1.nameStart } }
  }

  /// Notes `member`, whose name is `key`; a later one replaces an earlier one.
  @inline(__always)
  func note(_ member: JSONMember, _ key: JSONFields.Key) throws(JSONError) {
    if present.contains(key) { try noteDuplicate(of: key, at: member.nameStart) }
    slots[Int(key.rawValue)] = FieldSlot(member)
    present.insert(key)
  }

  /// Remembers the slot of `key`, which comes again at `position`, as an earlier occurrence.
  @inline(never)
  private func noteDuplicate(of key: JSONFields.Key, at position: Int) throws(JSONError) {
    guard duplicates.count < JSONFields.maximumDuplicateCount else {
      throw JSONError(.tooManyDuplicates, at: position)
    }
    duplicates.append(slots[Int(key.rawValue)])
  }
}
