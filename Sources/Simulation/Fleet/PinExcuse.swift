internal import KVTransfer
internal import PDRouter

/// Why nobody could have given a handle back, so that it waits for the end of its lease.
package enum PinExcuse: String, Sendable {
  /// Prefill's answer was lost with its connection: the router never read of the handle.
  case neverTold = "never_told"
  /// Prefill's leg was cancelled while its answer was on the way: of a stream that is reset the
  /// bytes reach the router, and nobody reads them.
  case cancelledUnread = "cancelled_unread"
  /// An engine lied about it, refused it without telling prefill, or read the request and did
  /// nothing.
  case betrayed
  /// The client left while a failure that prefill does not hear of was on its way to the router.
  case failureUnseen = "failure_unseen"
  /// A decode leg, or a call that gives back, broke whose engine may have had the cache, and it can
  /// be attached only once: decode engines have died or failed, or the network has cut the very
  /// connection that carried the handle, or that over which decode asked for it.
  case attachedOnce = "attached_once"
  /// A decode engine's word to prefill was lost on the way, or it died owing it after it had said
  /// that it lives, perhaps before the request itself had arrived, which it then saw aborted.
  case noticeLost = "notice_lost"
  /// There was a moment at which every decode engine was dead, failing, or out of reach.
  case beyondReach = "beyond_reach"
}

extension SimulatedFleet {
  /// Why the handle that a prefill engine keeps as `name` could not be given back; nil where it
  /// should have been.
  package func excuse(for name: String) -> PinExcuse? {
    // Where answers name nothing, the router has named the handle itself.
    if plan.engine.connector.answersWithParameters, !witness.isKnown(name) { return .neverTold }
    if wasCancelledUnread(name) { return .cancelledUnread }
    let ends = journal.entries.filter { isName(name, of: $0.id) }.map(\.record.endedAt)
    if engines.contains(where: {
      $0.lostNotices.contains(name) || $0.hasBrokenWord(of: name, endedAt: ends)
    }) {
      return .noticeLost
    }
    if !decodes.contains(where: \.isAble) || witness.wasBeyondReach(name) { return .beyondReach }
    if engines.contains(where: { $0.betrayed.contains { isName(name, of: $0) } }) {
      return .betrayed
    }
    let hasFailed =
      witness.decodesHaveFailed || decodes.contains { !$0.isAlive || $0.lives > 1 }
      || witness.cut.contains { $0.hasPrefix(name) || isName(name, of: $0) }
      || decodes.contains { $0.lostAsks.contains(name) }
    if plan.engine.connector == .nixlPush, hasFailed { return .attachedOnce }
    let unseen = engines.flatMap { $0.failed.filter { isName(name, of: $0) } }
    return unseen.contains { journal.record(of: $0)?.outcome == .clientGone } ? .failureUnseen : nil
  }

  private func wasCancelledUnread(_ name: String) -> Bool {
    guard plan.router.workerProtocol.prefersHTTP2 else { return false }
    return journal.entries.contains {
      $0.record.prefillEndedAt == nil && $0.record.handleOutcome.description == "abandoned"
        && isName(name, of: $0.id)
    }
  }

  /// Whether the handle is a request's: by its name, or since the prefill leg gave it that name.
  private func isName(_ name: String, of requestID: String) -> Bool {
    if name.contains("-\(requestID)-") || name.hasSuffix("-\(requestID)") { return true }
    guard !plan.engine.connector.answersWithParameters else { return false }
    let given = String(name.prefix { $0 != "@" })
    return prefills.contains { engine in
      engine.visits.contains {
        $0.field("x-request-id") == requestID && $0.text.contains(given)
      }
    }
  }

  /// Notes, every few milliseconds of `duration` from now on, which decode engines do what they are
  /// asked.
  package func watchDecodes(for duration: Duration) {
    witness.note(able: decodes.count { $0.isAble }, of: decodes.count)
    let pause = Duration.milliseconds(5)
    guard duration > pause else { return }
    world.schedule(after: pause) { [weak self] in self?.watchDecodes(for: duration - pause) }
  }
}
