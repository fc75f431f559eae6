import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// A shadow policy in a whole router, with traffic.
struct ShadowTrafficTests {
  private func metrics(_ world: RouterWorld) -> PrometheusText {
    PrometheusText(
      MetricsText(loops: [world.metrics], workers: world.registry.workers, now: world.world.now)
        .write().text)
  }

  private func value(_ world: RouterWorld, _ name: String, _ labels: String) -> Double? {
    metrics(world)["vllm_router_shadow_\(name)_total{\(labels)}"]
  }

  @Test func `the metrics say how often and by how much another policy would have differed`() {
    let world = RouterWorld([.both, .both]) { configuration in
      configuration.policy = .roundRobin
      configuration.shadowPolicy = .leastLoad
    }
    #expect(value(world, "decisions", #"leg="serving""#) == nil)
    // The first worker keeps what it gets; the second answers at once.
    world.engines[0].script = { _ in [] }
    var clients = [world.begin(post("/v1/chat/completions", chatBody))]
    world.world.run(for: .milliseconds(50))
    for _ in 0..<4 {
      #expect(world.fetch(post("/v1/chat/completions", chatBody)).count == 1)
      clients.append(world.begin(post("/v1/chat/completions", chatBody)))
      world.world.run(for: .milliseconds(50))
    }
    #expect(world.registry.workers.map(\.requestsInFlight) == [5, 0])
    // Of nine choices the first was drawn; those for the first worker came when it had 1, 2, 3, 4.
    #expect(value(world, "decisions", #"leg="serving""#) == 9)
    let differences = value(world, "differences", #"leg="serving""#)
    #expect(differences == 4 || differences == 5)
    let load = "load_difference_requests"
    #expect(value(world, load, #"leg="serving",more="chosen""#) == 10)
    #expect(value(world, load, #"leg="serving",more="shadow""#) == 0)
    #expect(value(world, "cached_difference_bytes", #"leg="serving",more="chosen""#) == 0)
    #expect(value(world, "decisions", #"leg="prefill""#) == nil)
    #expect(metrics(world).faults == [])
    for client in clients { client.hangUp(.close) }
  }

  @Test(arguments: [PairChoiceName.joint, .separate])
  func `both legs of a split request are compared, chosen together or not`(
    pairChoice: PairChoiceName
  ) {
    let world = makeSplitWorld { configuration in
      configuration.policy = .leastLoad
      configuration.shadowPolicy = .roundRobin
      configuration.pairChoice = pairChoice
    }
    for engine in world.engines[2...] {
      engine.script = { _ in [.send(RouterWorld.answer(#"{"choices":[{"text":"x"}]}"#))] }
    }
    for _ in 0..<20 { _ = world.fetch(post("/v1/chat/completions", chatBody)) }
    #expect(world.records.count == 20 && world.records.allSatisfy { $0.status == 200 })
    for leg in ["prefill", "serving"] {
      #expect(value(world, "decisions", "leg=\"\(leg)\"") == 20)
      // Each in turn differs from whoever is idle and known about every second time.
      let differences = value(world, "differences", "leg=\"\(leg)\"") ?? 0
      #expect((4...16).contains(differences))
    }
    let pairs = Set(
      world.records.map { [$0.prefillWorker?.id.number, $0.servingWorker?.id.number] })
    #expect(pairs.count > 1)
    world.expectAllGivenBack()
  }

  @Test(arguments: PolicyName.allCases, PolicyName.allCases)
  func `the real choices are the same with and without a shadow`(
    real: PolicyName, shadow: PolicyName
  ) {
    func choices(_ shadow: PolicyName?) -> [[UInt32?]] {
      let world = makeSplitWorld(prefill: 3, decode: 3) { configuration in
        configuration.policy = real
        configuration.shadowPolicy = shadow
      }
      for engine in world.engines[3...] {
        engine.script = { _ in
          [.wait(.milliseconds(30)), .send(RouterWorld.answer(#"{"choices":[{"text":"x"}]}"#))]
        }
      }
      let clients = (0..<12).map { _ in
        world.world.run(for: .milliseconds(11))
        return world.begin(post("/v1/chat/completions", chatBody))
      }
      world.world.run(for: .seconds(1))
      for client in clients { client.hangUp(.close) }
      return world.records.map { [$0.prefillWorker?.id.number, $0.servingWorker?.id.number] }
    }
    let plain = choices(nil)
    #expect(plain.count == 12)
    #expect(choices(shadow) == plain)
  }
}
