internal import Vocabulary

/// Whether all pairs of two groups of workers have met, without looking at each for every choice.
///
/// Holds one pair that has not met as its witness and looks for the next one only when that has, so
/// a fleet that warms up pays one look a pair in all. Everything is looked at anew only when
/// membership has moved, or a pair became cold after all were warm.
struct PairWarmth {
  private var membership = 0
  private var warmth = 0
  /// Where the search for a cold pair stands, row by row; the number of pairs when there is none.
  private var place = 0
  private var areAllWarm = false

  /// Whether `book` has every pair of the workers `prefills` and `decodes` for warm; they are those
  /// of that version of the membership.
  mutating func holds(
    for prefills: [Worker], _ decodes: [Worker], in book: borrowing PairBook, membership: Int
  ) -> Bool {
    if membership != self.membership {
      self.membership = membership
    } else if book.warmthVersion == warmth {
      return areAllWarm
    }
    warmth = book.warmthVersion
    let count = prefills.count * decodes.count
    if place >= count { place = 0 }
    for _ in 0..<count {
      let (row, column) = place.quotientAndRemainder(dividingBy: decodes.count)
      if !book.isWarm(prefill: prefills[row].id, decode: decodes[column].id) {
        areAllWarm = false
        return false
      }
      place = place + 1 == count ? 0 : place + 1
    }
    areAllWarm = true
    return true
  }
}
