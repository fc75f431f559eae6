internal import Vocabulary

/// What one loop knows of pairs of a prefill and a decode worker: which have handed KV over, and
/// which fail at it.
///
/// A failure of the hand-over says little of either worker: one broken route between two healthy
/// ones shows as failures of that pair alone. So pairs are ejected, not workers: after
/// `failureLimit` failures in a row for `ejection`, then one request probes, and the next is let
/// through only once that has succeeded or as long again has passed. Pure; limits: `side` prefill
/// and `side` decode workers, beyond which pairs are taken for warm and never ejected. A look costs
/// two array reads for the places and one for the pair. No memory of who has left.
struct PairBook {
  /// Most workers of each side.
  static let side = 256
  /// KV failures in a row that eject a pair.
  static let failureLimit: UInt8 = 3
  /// How long an ejected pair is passed over.
  static let ejection: Duration = .seconds(30)

  private struct Entry {
    var until = Instant.zero
    var failures: UInt8 = 0
    var isWarm = false
    var isProbed = false

    var isBad: Bool { failures >= PairBook.failureLimit }
  }

  private var rows: [[Entry]] = []
  private var prefills = PairAxis(limit: PairBook.side)
  private var decodes = PairAxis(limit: PairBook.side)
  /// Pairs that are ejected or being probed.
  private(set) var badCount = 0
  /// Moves with every pair that becomes warm or cold.
  private(set) var warmthVersion = 0

  /// A book in which no pair has ever met.
  init() {}

  /// Whether KV went from one to the other since both were last known to start.
  @inline(__always)
  func isWarm(prefill: WorkerID, decode: WorkerID) -> Bool {
    guard let row = prefills.place(of: prefill), let column = decodes.place(of: decode) else {
      return prefills.isBeyondLimit(prefill) || decodes.isBeyondLimit(decode)
    }
    return rows[row][column].isWarm
  }

  /// One prefill worker's pairs, to be asked of many decode workers; valid until the book changes.
  struct Row {
    /// Which row it has; nil for none.
    fileprivate let number: Int?
    /// Whether it has none because all are taken.
    fileprivate let isBeyondLimit: Bool
  }

  /// The row of `prefill`.
  func row(of prefill: WorkerID) -> Row {
    Row(number: prefills.place(of: prefill), isBeyondLimit: prefills.isBeyondLimit(prefill))
  }

  /// `isWarm` of the worker of `row` and `decode`.
  @inline(__always)
  func isWarm(_ row: Row, _ decode: WorkerID) -> Bool {
    guard let number = row.number, let column = decodes.place(of: decode) else {
      return row.isBeyondLimit || decodes.isBeyondLimit(decode)
    }
    return rows[number][column].isWarm
  }

  /// Whether the pair is to be passed over at `now` while another is possible.
  func isEjected(prefill: WorkerID, decode: WorkerID, now: Instant) -> Bool {
    guard badCount > 0, let row = prefills.place(of: prefill),
      let column = decodes.place(of: decode)
    else { return false }
    let entry = rows[row][column]
    return entry.isBad && now < entry.until
  }

  /// The pair was chosen: if its ejection is over, this request is the one that probes it.
  mutating func noteChosen(prefill: WorkerID, decode: WorkerID, now: Instant) {
    guard badCount > 0, let row = prefills.place(of: prefill),
      let column = decodes.place(of: decode), rows[row][column].isBad,
      now >= rows[row][column].until
    else { return }
    rows[row][column].isProbed = true
    rows[row][column].until = now + PairBook.ejection
  }

  /// KV was handed over: the pair is warm and in good standing.
  ///
  /// - Returns: whether it was cold before.
  @discardableResult
  mutating func noteSuccess(prefill: WorkerID, decode: WorkerID) -> Bool {
    guard let (row, column) = places(prefill, decode) else { return false }
    let before = rows[row][column]
    if before.isBad { badCount -= 1 }
    rows[row][column] = Entry(isWarm: true)
    if !before.isWarm { warmthVersion &+= 1 }
    return !before.isWarm
  }

  /// Another loop saw KV handed over: the pair is warm; its standing here stays as it is.
  mutating func noteMeeting(prefill: WorkerID, decode: WorkerID) {
    guard let (row, column) = places(prefill, decode) else { return }
    rows[row][column].isWarm = true
    warmthVersion &+= 1
  }

  /// The hand-over failed.
  ///
  /// - Returns: whether this ejects the pair, also once more after a probe.
  mutating func noteFailure(prefill: WorkerID, decode: WorkerID, now: Instant) -> Bool {
    guard let (row, column) = places(prefill, decode) else { return false }
    var entry = rows[row][column]
    let wasOut = entry.isBad && !entry.isProbed
    if !entry.isBad {
      entry.failures += 1
      if entry.isBad { badCount += 1 }
    }
    if entry.isBad {
      warmthVersion &+= 1
      // Whatever the two had agreed on is not to be relied on.
      entry.isWarm = false
      entry.isProbed = false
      entry.until = now + PairBook.ejection
    }
    rows[row][column] = entry
    return entry.isBad && !wasOut
  }

  /// Forgets every pair of a worker, which has left or started anew.
  mutating func forget(_ worker: WorkerID) {
    warmthVersion &+= 1
    if let row = prefills.release(worker) {
      badCount -= rows[row].count(where: \.isBad)
      rows[row] = PairBook.emptyRow
    }
    if let column = decodes.release(worker) {
      for row in rows.indices {
        if rows[row][column].isBad { badCount -= 1 }
        rows[row][column] = Entry()
      }
    }
    precondition(badCount >= 0)
  }

  private static let emptyRow = [Entry](repeating: Entry(), count: side)

  private mutating func places(_ prefill: WorkerID, _ decode: WorkerID) -> (Int, Int)? {
    guard let row = prefills.take(prefill), let column = decodes.take(decode) else { return nil }
    while rows.count <= row { rows.append(PairBook.emptyRow) }
    return (row, column)
  }
}
