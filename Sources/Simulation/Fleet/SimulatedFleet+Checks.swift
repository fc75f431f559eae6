internal import KVTransfer
internal import PDRouter
internal import Vocabulary

/// What must hold at the end of every run, whatever happened in it.
extension SimulatedFleet {
  /// Runs on until everything has ended that can, and says what did not end well; empty is right.
  ///
  /// Each sentence begins with the seed. Looks twice: seconds after the last answer, when no engine
  /// may work or hold anything for a request that is over (`excuse` names the exceptions); and
  /// after the idle limits and leases, when no connection may be left.
  package func violations(tolerating tolerance: FleetTolerance = []) -> [String] {
    runUntilAnswered()
    // Requests whose client has left may wait for a prefill engine that never answers.
    run(within: .seconds(10)) { router.liveRequests == 0 }
    // An attachment is tried three times, where the first two reach nobody, for five seconds each.
    runOn(for: .seconds(plan.engine.connector == .nixlPush ? 17 : 4))
    var found = callViolations(tolerance) + routerViolations()
    for engine in engines where engine.isAlive {
      found += workViolations(of: engine) + pinViolations(of: engine)
    }
    runUntilQuiet()
    found += handleViolations() + ledgerViolations() + connectionViolations()
    return found.map { "seed \(plan.seed): \($0)" }
  }

  private func callViolations(_ tolerance: FleetTolerance) -> [String] {
    var found: [String] = []
    for (number, call) in calls.enumerated() {
      let name = "call \(number) (\(call.id ?? "no id"))"
      if !call.isOver { found.append("\(name) hangs") }
      if call.hungUp || call.isBroken && tolerance.contains(.brokenClients) { continue }
      if !call.isUnderstandable {
        found.append("\(name) got no answer: \(call.client?.record.text.suffix(200) ?? "")")
      }
    }
    let ids = journal.entries.map(\.id)
    if Set(ids).count != ids.count { found.append("a request ended more than once: \(ids)") }
    let strangers = Set(ids).subtracting(calls.compactMap(\.id))
    if calls.allSatisfy({ $0.id != nil }), !strangers.isEmpty {
      found.append("requests that nobody made: \(strangers.sorted())")
    }
    return found
  }

  private func routerViolations() -> [String] {
    var found: [String] = []
    if router.liveRequests != 0 { found.append("\(router.liveRequests) requests live") }
    let admitted = router.admitted
    if admitted != (0, 0) { found.append("slots are left taken, or somebody waits: \(admitted)") }
    for worker in registry.workers {
      let (requests, tokens) = (worker.requestsInFlight, worker.tokensInFlight)
      if requests != 0 || tokens != 0 {
        found.append("\(worker.url) is left reserved: \(requests) requests, \(tokens) tokens")
      }
    }
    if router.liveHandles != 0, !mayWaitForLease {
      found.append("\(router.liveHandles) handles live")
    }
    return found
  }

  /// Whether handles may be left to their lease: their prefill engine is dead, nobody could give
  /// them back, or they may have been attached already.
  private var mayWaitForLease: Bool {
    plan.engine.connector == .nixlPush || engines.contains { !$0.isAlive || $0.lives > 1 }
      || witness.nobodyCouldAt != nil
      || !decodes.contains(where: \.isAble)
  }

  private func ledgerViolations() -> [String] {
    var found: [String] = []
    if router.liveHandles != 0 {
      // Leases of minutes are not waited for.
      guard plan.engine.keepTime > .seconds(60) else {
        return ["\(router.liveHandles) handles outlive their lease"]
      }
      return found
    }
    let counts = router.handleCounts
    if counts.begun != counts.abandoned + counts.empty + counts.held {
      found.append("the ledger lost a prefill: \(counts)")
    }
    if counts.held != counts.settled { found.append("the ledger lost a handle: \(counts)") }
    return found
  }

  private func workViolations(of engine: FleetEngine) -> [String] {
    var found: [String] = []
    if engine.engine.liveRequests != 0 {
      found.append("\(engine.name) still answers \(engine.engine.liveRequests) requests")
    }
    let scheduler = engine.engine.figures
    if scheduler.requests != 0 { found.append("\(engine.name) still works: \(scheduler)") }
    return found
  }

  private func pinViolations(of engine: FleetEngine) -> [String] {
    engine.unclaimed.filter { excuse(for: $0) == nil }.map { "\(engine.name) keeps \($0)" }
  }

  private func handleViolations() -> [String] {
    var found: [String] = []
    for engine in engines {
      if engine.wrongReads != 0 { found.append("\(engine.name): \(engine.counts)") }
      if engine.isAlive { found += pinViolations(of: engine) }
      // Some connectors' engines keep for minutes or an hour what nobody could give back.
      let figures = engine.engine.figures
      if engine.isAlive, figures.exports == 0, figures != .zero {
        found.append("\(engine.name) keeps \(figures)")
      }
    }
    return found
  }

  private func connectionViolations() -> [String] {
    ([routerHost, clientHost] + engines.map(\.host)).compactMap { host in
      let peers = host.loops.flatMap(\.streams).map(\.peerDescription)
      return peers.isEmpty ? nil : "\(host.name) still has connections: \(peers)"
    }
  }
}
