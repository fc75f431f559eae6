import EventLoop
import Simulation
import Vocabulary

// What befalls the engines: one prefill and two decode engines are always able.
extension Storm {
  /// What a prefill engine is struck by.
  private static let prefillFaults: [EngineFault.Kind] = [
    .die(.accept), .die(.request), .die(.beforeHead), .die(.afterHead), .die(.afterHandle),
    .refuse, .malformed, .slow(6), .coreDeath, .stall,
    .status(500, body: "{}", retryAfter: nil), .status(503, body: "{}", retryAfter: 1),
    .lie(.null), .lie(.nameless), .lie(.wrongType), .lie(.garbage),
  ]

  /// What a decode engine is struck by.
  private static let decodeFaults: [EngineFault.Kind] = [
    .die(.accept), .die(.request), .die(.beforeHead), .die(.afterHead), .die(.afterTokens(0)),
    .die(.afterTokens(2)), .refuse, .malformed, .slow(6), .coreDeath, .stall,
    .truncate(afterTokens: 0), .truncate(afterTokens: 2), .errorEvent(afterTokens: 0),
    .errorEvent(afterTokens: 2), .abort(afterTokens: 0), .abort(afterTokens: 2),
    .status(500, body: "{}", retryAfter: nil), .status(503, body: "{}", retryAfter: 1),
    .status(429, body: "{}", retryAfter: 1), .status(400, body: "{}", retryAfter: nil),
  ]

  /// Restarts one of the dead, ends a fault that nobody has met, or strikes an engine.
  func bringMisfortune() {
    for engine in engines where !engine.isAble && dice.number(below: 4) == 0 { mend(engine) }
    let role: Role = dice.number(below: 5) < 2 ? .prefill : .decode
    let able = engines.filter { $0.role == role && $0.isAble }
    guard able.count > (role == .prefill ? 1 : 2) else { return }
    strike(able[Int(dice.number(below: UInt64(able.count)))])
  }

  private func mend(_ engine: StormEngine) {
    guard !engine.isAlive else { return engine.engine.faults.clear() }
    guard engine.mayRestart else { return }
    do {
      try engine.restart()
    } catch {
      note("an engine does not restart: \(error)")
    }
  }

  private func strike(_ engine: StormEngine) {
    if dice.number(below: 6) == 0 { return engine.engine.kill() }
    let kinds = engine.role == .prefill ? Storm.prefillFaults : Storm.decodeFaults
    let kind = kinds[Int(dice.number(below: UInt64(kinds.count)))]
    let times = isShortLived(kind) ? 1 : 1 + Int(dice.number(below: 3))
    engine.engine.faults.add(EngineFault(kind, remaining: times))
  }

  /// What holds a client up for seconds strikes one client only.
  private func isShortLived(_ kind: EngineFault.Kind) -> Bool {
    kind == .stall || kind == .hang
  }
}
