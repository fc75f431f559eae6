import KVTransfer
import PDRouter
import Simulation
import Testing
import Vocabulary

/// Engines that die, refuse, or talk nonsense: the client gets an answer or a clear error.
@Suite struct EngineDeathTests {
  private static let request = FleetRequest.chat(
    String(repeating: "a long prompt ", count: 20), maxTokens: 12)
  private static let stream = FleetRequest.chat(
    String(repeating: "a long prompt ", count: 20), maxTokens: 12, streams: true)

  /// A fault of one prefill or decode engine that another one makes good.
  static let curable: [(Role, EngineFault.Kind)] = [
    (.prefill, .refuse), (.prefill, .die(.accept)), (.prefill, .die(.request)),
    (.prefill, .die(.beforeHead)), (.prefill, .die(.afterHead)), (.prefill, .malformed),
    (.prefill, .status(500, body: "{}", retryAfter: nil)),
    (.decode, .refuse), (.decode, .die(.accept)), (.decode, .die(.request)),
    (.decode, .die(.beforeHead)), (.decode, .die(.afterHead)), (.decode, .malformed),
    (.decode, .status(500, body: "{}", retryAfter: nil)),
    (.decode, .die(.afterTokens(0))), (.decode, .truncate(afterTokens: 0)),
    (.decode, .errorEvent(afterTokens: 0)),
  ]

  @Test(arguments: curable, [request, stream])
  func `while nothing was answered another engine takes over`(
    _ fault: (role: Role, kind: EngineFault.Kind), _ request: FleetRequest
  ) throws {
    let fleet = try SimulatedFleet(.split(2, 2))
    let struck = fault.role == .prefill ? fleet.prefills[0] : fleet.decodes[0]
    struck.engine.faults.add(EngineFault(fault.kind, remaining: 1))
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    #expect(call.generated.isComplete)
    #expect(try AnswerOracle([request]).wrongAnswers(in: fleet) == [])
    #expect(fleet.journal.record(of: call.id)?.attempts == 2)
  }

  @Test(arguments: [request, stream])
  func `a prefill engine that dies with its handle is replaced`(_ request: FleetRequest) throws {
    let fleet = try SimulatedFleet(.split(2, 2))
    fleet.prefills[0].engine.faults.add(EngineFault(.die(.afterHandle)))
    let call = fleet.call(request)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([request]).wrongAnswers(in: fleet) == [])
    #expect(call.generated.isComplete)
    let counts = fleet.router.handleCounts
    #expect(counts.settled == 2 && counts.consumed == 1)
  }

  @Test func `a server that dies of telling that its core is dead is gone`() throws {
    let fleet = try SimulatedFleet(.pool(1))
    let engine = fleet.engines[0]
    engine.engine.faults.add(EngineFault(.die(.beforeHead), remaining: 1))
    fleet.call(Self.request)
    #expect(fleet.run(within: .seconds(1)) { engine.generations == 1 })
    engine.engine.faults.add(EngineFault(.coreDeath))
    #expect(fleet.violations() == [])
    #expect(!engine.isAlive)
  }

  @Test func `a handle outlives a decode engine that cannot be reached`() throws {
    let fleet = try SimulatedFleet(.split(2, 2))
    fleet.decodes[0].kill()
    let call = fleet.call(Self.stream)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([Self.stream]).wrongAnswers(in: fleet) == [])
    #expect(call.generated.isComplete)
    let counts = fleet.router.handleCounts
    #expect(counts.begun == 1 && counts.takenBack == 1 && counts.consumed == 1)
    #expect(fleet.engines.map(\.visits.count) == [1, 0, 0, 1])
  }

  @Test(arguments: [EngineFault.Kind.refuse, .die(.accept), .die(.request), .malformed])
  func `without any prefill engine decode does it all`(_ fault: EngineFault.Kind) throws {
    let fleet = try SimulatedFleet(.split(1, 1))
    fleet.prefills[0].engine.faults.add(EngineFault(fault))
    let call = fleet.call(Self.stream)
    #expect(fleet.violations() == [])
    #expect(try AnswerOracle([Self.stream]).wrongAnswers(in: fleet) == [])
    #expect(call.generated.isComplete)
    #expect(fleet.journal.record(of: call.id)?.reason.description == "no_prefill_worker")
  }

  @Test(arguments: [
    (EngineFault.Kind.refuse, "worker_connection_broken"),
    // It is asked once more, and then not there.
    (.die(.request), "worker_unreachable"), (.die(.afterHead), "worker_unreachable"),
    (.malformed, "malformed_worker_answer"),
    (.truncate(afterTokens: 0), "worker_connection_broken"),
  ])
  func `without any decode engine the client gets a JSON error`(
    _ fault: EngineFault.Kind, _ code: String
  ) throws {
    for request in [Self.request, Self.stream] {
      let fleet = try SimulatedFleet(.split(1, 1))
      fleet.decodes[0].engine.faults.add(EngineFault(fault))
      let call = fleet.call(request)
      #expect(fleet.violations() == [])
      let answer = try #require(call.answer)
      #expect(answer.status == 502 && !answer.isEventStream)
      #expect(answer.field("content-type") == "application/json")
      #expect(call.generated.errorCode == code)
    }
  }

  @Test(arguments: [
    EngineFault.Kind.die(.afterTokens(3)), .truncate(afterTokens: 3), .errorEvent(afterTokens: 3),
  ])
  func `a stream that has begun ends with an error event`(_ fault: EngineFault.Kind) throws {
    for plan in [FleetPlan.split(1, 2), .pool(2)] {
      let fleet = try SimulatedFleet(plan)
      let serving = plan.wholeCount > 0 ? fleet.engines[0] : fleet.decodes[0]
      serving.engine.faults.add(EngineFault(fault))
      let call = fleet.call(Self.stream)
      #expect(fleet.violations() == [])
      #expect(try AnswerOracle([Self.stream]).wrongAnswers(in: fleet) == [])
      #expect(call.answer?.status == 200 && call.answer?.events.last == "[DONE]")
      #expect(call.generated.errorMessage?.isEmpty == false)
      #expect(call.generated.texts.first?.isEmpty == false)
    }
  }

  @Test(arguments: [CrashTrace.ends, .resets, .silence])
  func `an engine killed at any moment leaves an answer or a clear error`(
    _ trace: CrashTrace
  ) throws {
    let oracle = try AnswerOracle([Self.request, Self.stream])
    for step in 0..<40 {
      for victim in 0..<2 {
        var plan = FleetPlan.split(1, 1, seed: UInt64(step))
        plan.router.timeouts.request = .seconds(20)
        let fleet = try SimulatedFleet(plan)
        fleet.call(Self.request)
        fleet.call(Self.stream)
        let moment = Duration.microseconds(step * 5300)
        fleet.world.schedule(after: moment) { fleet.engines[victim].kill(leaving: trace) }
        let found = fleet.violations() + oracle.wrongAnswers(in: fleet)
        #expect(found == [], "\(fleet.engines[victim].name) dies after \(moment)")
      }
    }
  }

  @Test func `an engine that restarts serves again, and no old handle is used`() throws {
    let oracle = try AnswerOracle([Self.request])
    for step in 0..<30 {
      let fleet = try SimulatedFleet(.split(1, 1, seed: UInt64(step)))
      let engine = fleet.engines[step % 2]
      for number in 0..<8 { fleet.call(Self.request, after: .milliseconds(number * 60)) }
      fleet.runOn(for: .milliseconds(20 + step * 7))
      engine.kill(leaving: step % 3 == 0 ? .resets : .ends)
      fleet.runOn(for: .milliseconds(60))
      try engine.restart()
      let late = fleet.call(Self.request, after: .milliseconds(500))
      let found = fleet.violations() + oracle.wrongAnswers(in: fleet)
      #expect(found == [])
      #expect(late.generated.isComplete && fleet.journal.record(of: late.id)?.attempts == 1)
    }
  }
}
