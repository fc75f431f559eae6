internal import Vocabulary

/// How fast slots came free lately, by looks at their count once a second.
///
/// Confined to its loop; each loop looks at the count of all.
struct SlotPace {
  /// Looks that are remembered: the pace is that of so many seconds.
  static let looks = 10

  private var counts: [UInt32]
  private var moments: [Instant]
  private var next = 0

  /// A pace that begins now.
  init(freed: UInt32, now: Instant) {
    counts = Array(repeating: freed, count: SlotPace.looks)
    moments = Array(repeating: now, count: SlotPace.looks)
  }

  /// `freed` slots have come free in all.
  mutating func look(freed: UInt32, now: Instant) {
    counts[next] = freed
    moments[next] = now
    next = (next + 1) % SlotPace.looks
  }

  /// How long it will take, at this pace, until so many more have come free.
  ///
  /// Where none has, one is taken to come free in as long again as was looked.
  func wait(for count: Int, freed: UInt32, now: Instant) -> Duration {
    precondition(count > 0)
    let seconds = max(0, (now - moments[next]).inSeconds)
    let seen = Double(freed &- counts[next])
    return .seconds(min(seconds * Double(count) / max(1, seen), 1e9))
  }
}
