/// When memory that nobody uses is worth being given back to the system.
///
/// A rule without clock or I/O: told again and again how much is in memory and how much is free, it
/// says when `worthwhile` is free, and so much more is free, or in memory, than after the last
/// time. Free blocks do not tell whether they are in memory still: those that became free since
/// are, and growth stands in for those that were used and freed in between. At worst live memory
/// has grown, and one giving back is for nothing.
struct TrimRule {
  /// Less than this is left to the allocator, which will want it again soon.
  static let worthwhile = 64 * 1024 * 1024

  /// Bytes in memory after the last giving back, or fewer since.
  private var residentFloor = 0
  /// Bytes in free blocks after the last giving back, or fewer since.
  private var freeFloor = 0

  /// Whether the free bytes are to be given back now.
  mutating func isDue(resident: Int, free: Int) -> Bool {
    precondition(resident >= 0 && free >= 0, "bytes are counted from zero")
    residentFloor = min(residentFloor, resident)
    freeFloor = min(freeFloor, free)
    let grown = max(resident - residentFloor, free - freeFloor)
    return min(free, resident, grown) >= TrimRule.worthwhile
  }

  /// Memory was given back; `resident` bytes are there still, and `free` of them all are free.
  mutating func noteGivenBack(resident: Int, free: Int) {
    precondition(resident >= 0 && free >= 0, "bytes are counted from zero")
    residentFloor = resident
    freeFloor = free
  }
}
