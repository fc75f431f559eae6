import PDRouter
import Vocabulary

/// How each request of a storm ended, as the router told it.
final class StormJournal: RouteObserver {
  /// One request's end.
  struct End: Sendable {
    let status: Int
    let outcome: RouteRecord.Outcome
    let handle: String
    let attempts: Int
  }

  private(set) var ends: [String: End] = [:]
  /// Requests that ended more than once.
  private(set) var repeated: [String] = []
  /// Requests whose prefill leg the router cut on purpose, the client having left: an answer that
  /// was on its way then is known to nobody.
  private(set) var cut: Set<String> = []

  func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer) {
    let id = String(decoding: requestID, as: UTF8.self)
    if ends[id] != nil { repeated.append(id) }
    ends[id] = End(
      status: record.status, outcome: record.outcome, handle: "\(record.handleOutcome)",
      attempts: record.attempts)
    let isLong = record.requestBytes > StormPlan.longPrompt.utf8.count
    if record.outcome == .clientGone, record.handleOutcome.description == "abandoned", isLong {
      cut.insert(id)
    }
  }
}
