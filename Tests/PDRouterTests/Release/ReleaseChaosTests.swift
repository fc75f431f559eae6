import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// A desk whose engines answer, refuse, hang and break at random, and whose workers come and go.
private final class ReleaseChaos {
  let world: ReleaseWorld
  let means: KVReleaseMeans
  /// How often each handle went to an engine, and how often that engine gave no whole answer.
  private(set) var deliveries: [String: Int] = [:]
  private(set) var silences: [String: Int] = [:]
  private var generator: SplitMix64

  init(seed: UInt64, means: KVReleaseMeans) {
    self.means = means
    generator = SplitMix64(seed: seed)
    world = ReleaseWorld(
      decodeCount: 3, means: means, isWarm: Bool.random(using: &generator))
    for engine in world.decodeEngines {
      engine.script = { [unowned self] request in answer(request) }
    }
  }

  private func answer(_ request: ScriptedEngine.Request) -> [ScriptedEngine.Act] {
    let name = request.body.components(by: "\"rid\":\"").last?.split(separator: "\"").first
    if let name, !request.body.isEmpty { deliveries[String(name), default: 0] += 1 }
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: return [.send(RouterWorld.answer("x", status: 500))]
    case 1: return [.wait(.milliseconds(30)), .send(RouterWorld.ok)]
    case 2, 3:
      if let name, !request.body.isEmpty { silences[String(name), default: 0] += 1 }
      return [[], [.reset], [.wait(.milliseconds(5)), .closeAfterFlush]][
        Int.random(in: 0..<3, using: &generator)]
    default: return [.send(means == .attachment ? RouterWorld.ok : ReleaseWorld.refusal)]
    }
  }

  /// Does one thing and lets some time pass.
  func step() {
    let decode = world.decodes.randomElement(using: &generator) ?? world.decodes[1]
    switch Int.random(in: 0..<12, using: &generator) {
    case 0..<4: world.release(Int.random(in: 1...12, using: &generator))
    case 4..<8: world.makeSure(Int.random(in: 1...5, using: &generator), decode: decode)
    case 8: change(decode)
    case 9:
      let prefill = world.world.registry.workers[0]
      if Int.random(in: 0..<5, using: &generator) == 0 {
        world.router.ledger.workerDidLeave(prefill.id)
      }
    default: world.desk.sweep()
    }
    world.world.world.run(
      for: .milliseconds(Int.random(in: 0...200, using: &generator)))
  }

  private func change(_ worker: Worker) {
    if worker.setHealthy(!worker.isHealthy) { world.world.registry.noteChange() }
  }

  /// Lets every lease end.
  func finish() {
    for _ in 0..<40 {
      world.world.world.run(for: .seconds(1))
      world.desk.sweep()
    }
  }
}

struct ReleaseChaosTests {
  @Test(arguments: 0..<12, [KVReleaseMeans.rejection, .attachment])
  func `whatever engines do, every handle is settled and nothing is left`(
    seed: UInt64, means: KVReleaseMeans
  ) {
    let chaos = ReleaseChaos(seed: seed, means: means)
    for _ in 0..<60 { chaos.step() }
    chaos.finish()
    let world = chaos.world
    #expect(world.desk.isIdle && world.desk.outstanding == 0)
    #expect(world.router.liveHandles == 0)
    #expect(world.counts.settled == world.counts.held)
    #expect(world.counts.released > 0 && world.counts.held > 100)
    #expect(world.decodeEngines.allSatisfy { $0.openCount == 0 })
    // Three attempts, each perhaps twice over a stale connection, and a second call.
    #expect(chaos.deliveries.values.allSatisfy { $0 <= 7 })
    if means == .attachment { #expect(chaos.silences.values.allSatisfy { $0 == 1 }) }
  }
}
