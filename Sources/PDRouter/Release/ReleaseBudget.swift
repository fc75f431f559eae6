internal import Vocabulary

/// So many calls a second and no more, with a burst of some at once after a quiet time.
///
/// A token bucket without tokens: it keeps the moment up to which calls are paid for (the generic
/// cell rate algorithm, ITU-T I.371). Pure; time comes from outside.
struct ReleaseBudget {
  private let interval: Duration
  private let credit: Duration
  private var paidUntil = Instant.zero

  /// A budget of `perSecond` calls, of which `burst` may go at once.
  init(perSecond: Int, burst: Int) {
    precondition(perSecond > 0 && burst > 0)
    interval = .seconds(1) / perSecond
    credit = interval * (burst - 1)
  }

  /// When the next call may go; now or earlier when one may go now.
  var opening: Instant { paidUntil + credit * -1 }

  /// Pays for a call that goes now, whether or not the budget is open.
  mutating func pay(now: Instant) {
    paidUntil = max(paidUntil, now) + interval
  }
}
