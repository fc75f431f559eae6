import KVTransfer
import Vocabulary

/// The counts of a ledger as plain numbers that a test may write down.
struct CountsRow: Equatable {
  var begun = 0
  var abandoned = 0
  var held = 0
  var empty = 0
  var dispatched = 0
  var takenBack = 0
  var consumed = 0
  var released = 0
  var expired = 0
  var spent = 0

  init() {}

  init(_ counts: KVLedgerCounts) {
    begun = counts.begun
    abandoned = counts.abandoned
    held = counts.held
    empty = counts.empty
    dispatched = counts.dispatched
    takenBack = counts.takenBack
    consumed = counts.consumed
    released = counts.released
    expired = counts.expired
    spent = counts.spent
  }
}

extension KVLedger {
  /// Holds `id` with this text as its parameters.
  mutating func holdForTest(
    _ id: KVHandleID, _ parameters: String, engine name: String? = nil, now: Instant
  ) {
    let bytes = Array(parameters.utf8)
    bytes.withUnsafeBytes {
      hold(id, parameters: $0, engine: name.map { engine($0) }, now: now)
    }
  }

  /// The parameters of `id` as text.
  func parametersText(of id: KVHandleID) -> String {
    withParameters(of: id) { String(decoding: $0, as: UTF8.self) }
  }
}
