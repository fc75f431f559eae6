/// How many handles have passed each point of their life since the ledger was made.
///
/// Always true: `begun` = `abandoned` + `held` + `empty` + those prefilling now; and
/// `held` = `consumed` + `released` + `expired` + `spent` + those that pin blocks now.
public struct KVLedgerCounts: Sendable, Equatable {
  /// Prefill legs begun.
  public internal(set) var begun = 0
  /// Prefill legs that failed or were cancelled before they answered.
  public internal(set) var abandoned = 0
  /// Prefill answers with parameters, and handles whose parameters were there before the answer.
  public internal(set) var held = 0
  /// Prefill answers without parameters.
  public internal(set) var empty = 0
  /// Dispatches of handles with parameters, repeated ones included.
  public internal(set) var dispatched = 0
  /// Dispatches taken back because not one byte was delivered.
  public internal(set) var takenBack = 0
  /// Handles that ended `consumed`.
  public internal(set) var consumed = 0
  /// Handles that ended `released`.
  public internal(set) var released = 0
  /// Of these, by what told prefill.
  public internal(set) var releasedBy = KVReleaseCounts()
  /// Handles that ended `expired`.
  public internal(set) var expired = 0
  /// Handles that ended `spent`.
  public internal(set) var spent = 0

  /// All zero.
  public init() {}

  /// Handles that ended in one of the four ways.
  public var settled: Int { consumed + released + expired + spent }

  /// The counts of two ledgers together.
  public static func + (left: KVLedgerCounts, right: KVLedgerCounts) -> KVLedgerCounts {
    var sum = left
    sum.begun += right.begun
    sum.abandoned += right.abandoned
    sum.held += right.held
    sum.empty += right.empty
    sum.dispatched += right.dispatched
    sum.takenBack += right.takenBack
    sum.consumed += right.consumed
    sum.released += right.released
    sum.releasedBy = left.releasedBy + right.releasedBy
    sum.expired += right.expired
    sum.spent += right.spent
    return sum
  }

  mutating func note(_ settlement: KVSettlement) {
    switch settlement {
    case .consumed: consumed += 1
    case .released(_, let mechanism):
      released += 1
      releasedBy[mechanism] += 1
    case .expired: expired += 1
    case .spent: spent += 1
    }
  }
}
