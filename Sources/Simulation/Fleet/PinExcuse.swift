/// Why nobody could have given a handle back, so that it waits for the end of its lease.
package enum PinExcuse: String, Sendable {
  /// Prefill's answer was lost with its connection: the router never read of the handle.
  case neverTold = "never_told"
  /// An engine lied about it, refused it without telling prefill, or read the request and did
  /// nothing.
  case betrayed
  /// A decode engine's word to prefill was lost on the way.
  case noticeLost = "notice_lost"
  /// There was a moment at which every decode engine was dead, failing, or out of reach.
  case beyondReach = "beyond_reach"
}

extension SimulatedFleet {
  /// Why the handle that a prefill engine keeps as `name` could not be given back; nil where it
  /// should have been.
  package func excuse(for name: String) -> PinExcuse? {
    if plan.engine.connector.answersWithParameters, !witness.isKnown(name) { return .neverTold }
    if engines.contains(where: { $0.lostNotices.contains(name) }) { return .noticeLost }
    if !decodes.contains(where: \.isAble) || witness.wasBeyondReach(name) { return .beyondReach }
    let isBetrayed = engines.contains { engine in
      engine.betrayed.contains { name.contains("-\($0)-") || name.hasSuffix("-\($0)") }
    }
    return isBetrayed ? .betrayed : nil
  }

  /// Notes, every few milliseconds of `duration` from now on, when no decode engine does what it is
  /// asked.
  package func watchDecodes(for duration: Duration) {
    if !decodes.contains(where: \.isAble) { witness.noteThatNobodyCan() }
    let pause = Duration.milliseconds(5)
    guard duration > pause else { return }
    world.schedule(after: pause) { [weak self] in self?.watchDecodes(for: duration - pause) }
  }
}
