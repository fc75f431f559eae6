import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Thousands of random requests, clients that leave at every stage, and the limit that holds.
struct AdmissionStormTests {
  /// A storm: a world or two loops of one, and the clients that will come.
  private final class Storm {
    let world: RouterWorld
    let second: SecondLoop?
    let limit: Int
    var dice: SplitMix64
    var clients: [(client: SimulatedClient, leaves: Bool)] = []
    private(set) var mostAtWorkers = 0
    private(set) var mostWaiting = 0

    init(seed: UInt64, roles: [Role], loops: Int, rate: Int?) {
      var dice = SplitMix64(seed: seed)
      let limit = Int.random(in: 1...8, using: &dice)
      self.limit = limit
      let world = RouterWorld(roles, seed: seed) {
        $0.admission.maxConcurrentRequests = limit
        $0.admission.queueSize = 12
        $0.admission.queueTimeout = .milliseconds(300)
        $0.admission.requestsPerSecond = rate
        $0.timeouts.request = .milliseconds(800)
      }
      self.world = world
      second = loops > 1 ? SecondLoop(of: world) : nil
      self.dice = dice
      for engine in world.engines {
        engine.script = { [unowned self] request in answer(request) }
      }
    }

    /// Some answers are slow, some stream, some never come, some connections break.
    private func answer(_ request: ScriptedEngine.Request) -> [ScriptedEngine.Act] {
      let legs = world.registry.workers.map(\.requestsInFlight)
      mostAtWorkers = max(mostAtWorkers, legs.max() ?? 0)
      let pause = ScriptedEngine.Act.wait(.microseconds(Int.random(in: 0...40_000, using: &dice)))
      switch Int.random(in: 0..<12, using: &dice) {
      case 0: return [pause, .reset]
      case 1: return []
      case 2: return [pause, .send(RouterWorld.answer("{}", status: 500))]
      case 3..<6:
        return [
          pause, .send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"), pause,
          .send("0\r\n\r\n"),
        ]
      default: return [pause, .send(RouterWorld.answer(#"{"kv_transfer_params":null}"#))]
      }
    }

    func unleash(_ count: Int) {
      for number in 0..<count {
        let delay = Duration.microseconds(Int.random(in: 0...(count * 2500), using: &dice))
        let text = request(number)
        let isSecond = second != nil && Bool.random(using: &dice)
        let patience =
          Int.random(in: 0..<3, using: &dice) == 0
          ? Duration.microseconds(Int.random(in: 0...400_000, using: &dice)) : nil
        world.world.schedule(after: delay) { [unowned self] in
          let client =
            isSecond ? second!.client(.text(text)) : world.client(.text(text))
          clients.append((client, patience != nil))
          mostWaiting = max(mostWaiting, world.router.admitted.waiting)
          if let patience { world.world.schedule(after: patience) { client.hangUp(.close) } }
        }
      }
    }

    private func request(_ number: Int) -> String {
      let field = "X-Vllm-Priority: \(Int.random(in: -9...9, using: &dice))\r\n"
      switch Int.random(in: 0..<8, using: &dice) {
      case 0: return get("/\(number)", field)
      case 1: return post("/v1/completions", "{not json")
      default: return post("/v1/chat/completions", chatBody, field)
      }
    }
  }

  @Test(
    arguments: [
      (1, [Role.both, .both], 1, nil), (2, [.prefill, .decode], 1, nil), (3, [.both], 2, nil),
      (4, [.prefill, .decode, .decode], 2, nil), (5, [.both, .both], 1, 150),
      (6, [.both, .both], 2, 150), (7, [.both], 1, nil), (8, [.both, .both], 2, 40),
    ] as [(UInt64, [Role], Int, Int?)])
  func `the limit is never exceeded, nothing leaks, and everybody is answered`(
    seed: UInt64, roles: [Role], loops: Int, rate: Int?
  ) {
    let storm = Storm(seed: seed, roles: roles, loops: loops, rate: rate)
    let world = storm.world
    storm.unleash(1500)
    var most = 0
    for _ in 0..<2500 {
      world.world.run(for: .milliseconds(2))
      let admitted = world.router.admitted
      most = max(most, admitted.inFlight)
      let live = world.router.liveRequests + (storm.second?.router.liveRequests ?? 0)
      // A letter may hold a slot that no request has.
      #expect(live <= admitted.inFlight && admitted.waiting <= 12)
    }
    world.world.run(for: .seconds(3))
    #expect(storm.clients.count == 1500)
    #expect(most == storm.limit && storm.mostAtWorkers <= storm.limit)
    #expect(storm.mostWaiting > 0)
    var seen: [Int: Int] = [:]
    for (client, leaves) in storm.clients {
      let answers = HTTPAnswer.all(in: client.record.bytes)
      if leaves && answers.isEmpty { continue }
      #expect(answers.count == 1 && (leaves || answers[0].isComplete))
      seen[answers.first?.status ?? 0, default: 0] += 1
    }
    #expect(Set(seen.keys).isSubset(of: [200, 400, 408, 429, 500, 502, 503, 504]))
    for status in [200, 408, 429] { #expect((seen[status] ?? 0) > 0, "\(seen)") }
    if let second = storm.second {
      #expect(second.router.liveRequests == 0 && second.router.liveHandles == 0)
    }
    world.expectNothingLeft()
  }
}
