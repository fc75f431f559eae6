import KVTransfer
import PDRouter
import Policies
import Simulation
import Testing
import Vocabulary

/// One world's misfortunes, all drawn from a seed: the size of the fleet, the network, who asks,
/// who leaves, and what befalls engines, paths and workers, each at its moment.
struct ChaosPlan {
  /// The seed.
  let seed: UInt64
  /// Whether the router speaks HTTP/2 to its engines.
  var isHTTP2 = false

  /// What clients ask.
  static let requests: [FleetRequest] = [
    .chat("tell me a story about the sea", maxTokens: 6),
    .chat("and another about the hills", maxTokens: 20, streams: true),
    .completion("once upon a time there was", maxTokens: 5),
    .completion("and they lived", maxTokens: 15, streams: true),
    .chat("two answers", maxTokens: 4, streams: true, extra: #","n":2"#),
    .completion(String(repeating: "long prompt ", count: 150), maxTokens: 7, streams: true),
    .completion(String(repeating: "longer prompt ", count: 700), maxTokens: 4),
  ]

  private static let kinds: [EngineFault.Kind] = [
    .refuse, .hang, .stall, .malformed, .coreDeath, .die(.accept), .die(.request),
    .die(.beforeHead), .die(.afterHead), .die(.afterHandle), .die(.afterTokens(0)),
    .die(.afterTokens(2)), .truncate(afterTokens: 0), .truncate(afterTokens: 1),
    .errorEvent(afterTokens: 2), .errorEvent(afterTokens: 0), .abort(afterTokens: 0),
    .abort(afterTokens: 2), .slow(5), .lie(.null), .lie(.nameless), .lie(.wrongType),
    .lie(.garbage), .status(500, body: "{}", retryAfter: nil),
    .status(503, body: "{}", retryAfter: 3), .status(429, body: "{}", retryAfter: 1),
  ]

  /// Everything bad happens within this time.
  private static let duration = Duration.milliseconds(1200)

  /// A fleet in which everything that will happen is scheduled.
  func unleash() throws -> SimulatedFleet {
    var dice = SplitMix64(seed: seed)
    var plan = drawPlan(&dice)
    plan.router.workerProtocol.prefersHTTP2 = isHTTP2
    let fleet = try SimulatedFleet(plan)
    fleet.watchDecodes(for: Self.duration + .seconds(6))
    for _ in 0..<10 { scheduleCall(on: fleet, &dice) }
    for _ in 0..<Int.random(in: 0...3, using: &dice) { scheduleDeath(on: fleet, &dice) }
    for _ in 0..<Int.random(in: 0...3, using: &dice) { scheduleFault(on: fleet, &dice) }
    if Int.random(in: 0..<4, using: &dice) == 0 { schedulePartition(on: fleet, &dice) }
    if Int.random(in: 0..<4, using: &dice) == 0 { scheduleDrain(on: fleet, &dice) }
    fleet.world.schedule(after: Self.duration) {
      fleet.world.healAll()
      for engine in fleet.engines where engine.isAlive { engine.engine.faults.clear() }
    }
    return fleet
  }

  private func drawPlan(_ dice: inout SplitMix64) -> FleetPlan {
    let prefills = Int.random(in: 0...3, using: &dice)
    let others = Int.random(in: 1...3, using: &dice)
    var plan =
      prefills == 0 ? FleetPlan.pool(others, seed: seed) : .split(prefills, others, seed: seed)
    switch Int.random(in: 0..<4, using: &dice) {
    case 0: plan.conditions = .rough
    case 1:
      plan.conditions = .rough
      plan.conditions.resetChance = 0
      plan.conditions.refusalChance = 0
    default: break
    }
    if prefills > 0, Bool.random(using: &dice) {
      let connectors = EngineConnector.allCases
      plan = plan.speaking(connectors[Int.random(in: 0..<connectors.count, using: &dice)])
      plan.router.connectorOptions.legsLeaveTogether = Bool.random(using: &dice)
    }
    // A draw of its own, so that a seed's misfortunes are the same whatever policies there are.
    var drawn = SplitMix64(seed: ~seed)
    plan.router.policy = PolicyName.allCases.randomElement(using: &drawn) ?? .cacheAware
    if Int.random(in: 0..<3, using: &drawn) == 0 {
      plan.router.admission.maxConcurrentRequests = Int.random(in: 1...5, using: &drawn)
      plan.router.admission.queueSize = Int.random(in: 0...10, using: &drawn)
      plan.router.admission.queueTimeout = .seconds(Int.random(in: 1...4, using: &drawn))
    }
    plan.router.timeouts.request = .seconds(8)
    plan.router.timeouts.prefill = .seconds(3)
    return plan
  }

  private func scheduleCall(on fleet: SimulatedFleet, _ dice: inout SplitMix64) {
    let request = Self.requests[Int.random(in: 0..<Self.requests.count, using: &dice)]
    let start = Duration.microseconds(Int.random(in: 0...400_000, using: &dice))
    let call = fleet.call(request, after: start)
    guard Int.random(in: 0..<3, using: &dice) == 0 else { return }
    let leave = start + .microseconds(Int.random(in: 0...300_000, using: &dice))
    let ending: ClientScript.Ending = Bool.random(using: &dice) ? .reset : .close
    fleet.world.schedule(after: leave) { call.client?.hangUp(ending) }
  }

  private func scheduleDeath(on fleet: SimulatedFleet, _ dice: inout SplitMix64) {
    let engine = fleet.engines[Int.random(in: 0..<fleet.engines.count, using: &dice)]
    let traces: [CrashTrace] = [.ends, .resets, .silence]
    let trace = traces[Int.random(in: 0..<3, using: &dice)]
    let death = Duration.microseconds(Int.random(in: 0...500_000, using: &dice))
    fleet.world.schedule(after: death) { engine.kill(leaving: trace) }
    // A machine that vanished is not back while its requests wait: a router would take the engine
    // that answers for the one that had them, and a real one takes longer to start than its lease.
    guard Bool.random(using: &dice), trace != .silence else { return }
    // No decode engine is back within a second of its death, for the same reason.
    let pause = engine.role == .prefill ? 0 : 1_000_000
    let restart = death + .microseconds(pause + Int.random(in: 0...400_000, using: &dice))
    fleet.world.schedule(after: restart) {
      do {
        // Another death drawn for it may have been the one without a trace.
        if !engine.isAlive, !engine.hasVanished { try engine.restart() }
      } catch {
        Issue.record("seed \(fleet.plan.seed): \(engine.name) does not restart: \(error)")
      }
    }
  }

  private func scheduleFault(on fleet: SimulatedFleet, _ dice: inout SplitMix64) {
    let engine = fleet.engines[Int.random(in: 0..<fleet.engines.count, using: &dice)]
    let kind = Self.kinds[Int.random(in: 0..<Self.kinds.count, using: &dice)]
    let count = Int.random(in: 1...3, using: &dice)
    let moment = Duration.microseconds(Int.random(in: 0...300_000, using: &dice))
    fleet.world.schedule(after: moment) {
      engine.engine.faults.add(EngineFault(kind, remaining: count))
    }
  }

  /// The router and an engine lose each other, one way or both, until all is healed.
  private func schedulePartition(on fleet: SimulatedFleet, _ dice: inout SplitMix64) {
    let engine = fleet.engines[Int.random(in: 0..<fleet.engines.count, using: &dice)]
    let moment = Duration.microseconds(Int.random(in: 0...400_000, using: &dice))
    let isOneWay = Bool.random(using: &dice)
    fleet.world.schedule(after: moment) {
      fleet.world.partition(fleet.routerHost, engine.host, oneWay: isOneWay)
    }
  }

  /// An operator lets a worker take nothing new.
  private func scheduleDrain(on fleet: SimulatedFleet, _ dice: inout SplitMix64) {
    let number = Int.random(in: 0..<fleet.engines.count, using: &dice)
    let moment = Duration.microseconds(Int.random(in: 0...400_000, using: &dice))
    fleet.call(FleetRequest("POST", "/workers/\(number)/drain"), after: moment)
  }
}
