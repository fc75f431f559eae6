/// When memory that nobody uses is worth being given back to the system.
///
/// A rule without clock or I/O: told again and again how much is in memory and how much is free, it
/// says when there is `worthwhile` of both, and so much more in memory than after the last time.
/// Free blocks do not tell whether they are in memory still, so growth stands in for that: at worst
/// live memory has grown, and one giving back is for nothing.
struct TrimRule {
  /// Less than this is left to the allocator, which will want it again soon.
  static let worthwhile = 64 * 1024 * 1024

  /// Bytes in memory after the last giving back, or fewer since.
  private var floor = 0

  /// Whether the free bytes are to be given back now.
  mutating func isDue(resident: Int, free: Int) -> Bool {
    precondition(resident >= 0 && free >= 0, "bytes are counted from zero")
    floor = min(floor, resident)
    return free >= TrimRule.worthwhile && resident - floor >= TrimRule.worthwhile
  }

  /// Memory was given back, and `resident` bytes are there still.
  mutating func noteGivenBack(resident: Int) {
    precondition(resident >= 0, "bytes are counted from zero")
    floor = resident
  }
}
