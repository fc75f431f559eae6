internal import Vocabulary

/// What a prefill engine remembers of decode engines that came, or gave up, before it had finished.
///
/// Asks are kept until prefill finishes, the asker gives up, or nobody waits for them any more;
/// names given up until prefill finishes, the last 65,536 of them. Cost: O(1) an operation, and
/// O(asks) once when one has outlived its asker.
struct KVMeetings: Sendable {
  private struct Waiting {
    let ask: KVAsk
    let deadline: Instant
  }

  private var waiting: [String: Waiting] = [:]
  private var givenUp = RecentNames()
  private var nextDeadline = Instant.distantFuture

  /// Asks that wait for their prefill.
  var count: Int { waiting.count }

  /// Keeps an ask until `deadline`, and forgets that its name was given up before; false when
  /// another one of the same name was waiting, which it replaces.
  mutating func wait(_ ask: KVAsk, until deadline: Instant, now: Instant) -> Bool {
    if nextDeadline < now { dropOverdue(at: now) }
    _ = givenUp.remove(ask.name)
    nextDeadline = min(nextDeadline, deadline)
    let old = waiting.updateValue(Waiting(ask: ask, deadline: deadline), forKey: ask.name)
    return old == nil || old?.ask == ask
  }

  /// Takes the ask for `name`, if one waits.
  mutating func take(_ name: String, now: Instant) -> KVAsk? {
    guard let found = waiting.removeValue(forKey: name), found.deadline >= now else { return nil }
    return found.ask
  }

  /// Notes that nobody wants `name` any more.
  mutating func giveUp(_ name: String) {
    waiting[name] = nil
    _ = givenUp.insert(name)
  }

  /// Whether `name` was given up; it is forgotten.
  mutating func takeGivenUp(_ name: String) -> Bool {
    givenUp.remove(name)
  }

  private mutating func dropOverdue(at now: Instant) {
    waiting = waiting.filter { $0.value.deadline >= now }
    nextDeadline = waiting.values.lazy.map(\.deadline).min() ?? .distantFuture
  }
}
