/// A set of names that forgets the oldest beyond a limit. Cost: O(1) an operation, amortised.
struct RecentNames: Sendable {
  private let limit: Int
  private var serials: [String: Int] = [:]
  /// Every insertion that may still count, oldest first; those before `start` are forgotten.
  private var order: [(name: String, serial: Int)] = []
  private var start = 0
  private var nextSerial = 0

  /// An empty set of at most `limit` names.
  init(limit: Int = 65_536) {
    precondition(limit > 0)
    self.limit = limit
  }

  /// Adds a name; false when it was there.
  mutating func insert(_ name: String) -> Bool {
    guard serials[name] == nil else { return false }
    serials[name] = nextSerial
    order.append((name, nextSerial))
    nextSerial += 1
    if order.count - start > limit { forgetOldest() }
    return true
  }

  /// Takes a name out; whether it was there.
  mutating func remove(_ name: String) -> Bool {
    serials.removeValue(forKey: name) != nil
  }

  private mutating func forgetOldest() {
    let oldest = order[start]
    if serials[oldest.name] == oldest.serial { serials[oldest.name] = nil }
    start += 1
    if start > limit {
      order.removeFirst(start)
      start = 0
    }
    precondition(serials.count <= limit)
  }
}
