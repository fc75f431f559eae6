/// When memory that nobody uses is worth being given back to the system.
///
/// A rule without clock or I/O: told again and again how many bytes are resident and unused, it
/// says when there are `worthwhile` more than have proved to stay. What stays after giving back
/// (the program's code, pages that small blocks hold on to) is not asked for again and again.
struct TrimRule {
  /// Less than this is left to the allocator, which will want it again soon.
  static let worthwhile = 64 * 1024 * 1024

  /// Unused bytes that could not be given back, or were never worth it.
  private var floor = 0

  /// Whether `unused` bytes are to be given back now.
  mutating func isDue(unused: Int) -> Bool {
    precondition(unused >= 0, "bytes are counted from zero")
    floor = min(floor, unused)
    return unused - floor >= TrimRule.worthwhile
  }

  /// Memory was given back, and `unused` bytes are there still.
  mutating func noteGivenBack(unused: Int) {
    precondition(unused >= 0, "bytes are counted from zero")
    floor = unused
  }
}
