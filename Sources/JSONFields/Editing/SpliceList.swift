/// Splices by position; those at one position keep the order in which they came.
///
/// Insertion into a sorted array: a plan has about ten, and the up to 256 repeated names come
/// sorted.
struct SpliceList {
  private(set) var splices: [Splice] = []

  /// Puts `splice` behind all that are not after it.
  mutating func insert(_ splice: Splice) {
    var index = splices.count
    while index > 0, splices[index - 1].position > splice.position { index -= 1 }
    splices.insert(splice, at: index)
  }

  /// Forgets all, keeps the memory.
  mutating func removeAll() {
    splices.removeAll(keepingCapacity: true)
  }
}
