import PDRouter
import Policies
import Simulation
import Testing
import Vocabulary

/// What users get who choose no policy.
@Suite struct DefaultPolicyTests {
  private static func pool(_ engines: Int, seed: UInt64 = 1) throws -> SimulatedFleet {
    var plan = FleetPlan.pool(engines, seed: seed)
    plan.router.policy = RouterConfiguration().policy
    return try SimulatedFleet(plan)
  }

  /// A conversation of so many turns; each turn is the whole of it so far.
  private static func chat(_ name: String, turns: Int, model: String? = nil) -> FleetRequest {
    var messages: [String] = []
    for turn in 0..<turns {
      let question = String(repeating: "\(name) asks number \(turn) ", count: 40)
      messages.append(#"{"role":"user","content":"\#(question)"}"#)
      if turn + 1 < turns {
        messages.append(#"{"role":"assistant","content":"answer \#(turn)"}"#)
      }
    }
    let body = #"{"model":"\#(model ?? "tiny")","max_tokens":2,"messages":["#
    return FleetRequest(
      "POST", "/v1/chat/completions", body: body + messages.joined(separator: ",") + "]}")
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `sequential requests without a common prefix spread evenly over an idle pool`(
    seed: UInt64
  ) throws {
    let fleet = try Self.pool(4, seed: seed)
    for number in 0..<80 {
      fleet.call(Self.chat("client \(number)", turns: 1), after: .milliseconds(number * 100))
    }
    #expect(fleet.violations() == [])
    // 20 each, with a spread of a binomial of 80 and a quarter: four standard deviations.
    #expect(fleet.engines.allSatisfy { (5...35).contains($0.visits.count) })
    // Short prompts, which fill no block, too.
    for number in 0..<80 {
      fleet.call(.chat("hello \(number)"), after: .milliseconds(number * 100))
    }
    #expect(fleet.violations() == [])
    #expect(fleet.engines.allSatisfy { (15...65).contains($0.visits.count) })
  }

  @Test func `a conversation stays with the engine that has its cache, others go elsewhere`()
    throws
  {
    let fleet = try Self.pool(4)
    var calls: [[FleetCall]] = Array(repeating: [], count: 12)
    for turn in 1...5 {
      for talk in calls.indices {
        calls[talk].append(
          fleet.call(
            Self.chat("talk \(talk)", turns: turn),
            after: .milliseconds(turn * 1000 + talk * 30)))
      }
    }
    #expect(fleet.violations() == [])
    let places = calls.map { talk in
      Set(talk.map { fleet.journal.record(of: $0.id)?.servingWorker?.url.text })
    }
    #expect(places.allSatisfy { $0.count == 1 })
    #expect(Set(places).count > 1)
    let hits = fleet.engines.reduce(0) { $0 + $1.engine.scheduler.counters.prefixHits }
    #expect(hits > 0)
  }

  @Test func `an engine that started anew is not taken to hold what it has lost`() throws {
    var plan = FleetPlan.pool(2)
    plan.router.policy = RouterConfiguration().policy
    plan.watchesWorkers = true
    plan.router.health.interval = .milliseconds(200)
    plan.router.health.failureThreshold = 1
    plan.router.health.successThreshold = 1
    let fleet = try SimulatedFleet(plan)
    let first = fleet.call(Self.chat("talk", turns: 2))
    #expect(fleet.runUntilAnswered())
    let holder = try #require(
      fleet.engines.first { $0.url == fleet.journal.record(of: first.id)?.servingWorker?.url.text })
    let worker = try #require(fleet.registry.workers.first { $0.url.text == holder.url })
    #expect(fleet.router.remembers(worker.id))
    holder.kill()
    fleet.runOn(for: .seconds(1))
    try holder.restart()
    fleet.runOn(for: .seconds(1))
    #expect(!fleet.router.remembers(worker.id))
  }

  @Test func `a rare adapter stays where it is loaded, the model that all use does not`() throws {
    let fleet = try Self.pool(4)
    var adapters: [FleetCall] = []
    for number in 0..<120 {
      let isAdapter = number % 10 == 9
      let call = fleet.call(
        Self.chat("c \(number)", turns: 1, model: isAdapter ? "adapter" : nil),
        after: .milliseconds(number * 100))
      if isAdapter { adapters.append(call) }
    }
    #expect(fleet.violations() == [])
    let places = adapters.map { fleet.journal.record(of: $0.id)?.servingWorker?.url.text }
    #expect(Set(places.dropFirst()).count == 1)
    #expect(fleet.engines.allSatisfy { $0.visits.count > 12 })
  }
}
