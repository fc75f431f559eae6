import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct ModelListingTests {
  private func list(_ world: RouterWorld) -> HTTPAnswer { world.fetch(get("/v1/models"))[0] }

  @Test func `the models of all engines are listed once, in the order of the workers`() {
    let world = RouterWorld([.both, .both])
    world.teach([["b", "a"], ["a", "c"]])
    let answer = list(world)
    #expect(answer.status == 200 && answer["content-type"] == "application/json")
    #expect(answer.body == RouterWorld.modelList(["b", "a", "c"]))
    #expect(world.engines.allSatisfy { $0.requests.isEmpty })
  }

  @Test func `engines that have said nothing are asked, and dead ones change nothing`() {
    let world = RouterWorld([.both, .both, .both])
    world.serve([["a"], [], ["b"]])
    world.engines[1].stopListening()
    #expect(list(world).body == RouterWorld.modelList(["a", "b"]))
    #expect(world.modelQuestions(0) == 1)
    #expect(list(world).body == RouterWorld.modelList(["a", "b"]))
    _ = world.registry.workers[0].setHealthy(false)
    world.registry.noteChange()
    #expect(list(world).body == RouterWorld.modelList(["b"]))
  }

  @Test func `nobody who tells, or nobody at all, is 503`() {
    let mute = RouterWorld([.both])
    mute.serve([[]])
    for world in [mute, RouterWorld([])] {
      let answer = list(world)
      #expect(answer.status == 503 && answer.isErrorObject && answer["retry-after"] == "5")
    }
  }

  @Test func `of split pools only what both roles serve is listed`() {
    let world = RouterWorld([.prefill, .decode, .decode])
    world.serve([["m", "p"], ["d", "m"], ["m"]])
    #expect(list(world).body == RouterWorld.modelList(["m"]))
    _ = world.registry.workers[0].setHealthy(false)
    world.registry.noteChange()
    #expect(list(world).body == RouterWorld.modelList(["d", "m"]))
  }

  @Test func `a rank's engine is asked once for all of them`() {
    let world = RouterWorld([]) { $0.dataParallelSize = 3 }
    let engine = ScriptedEngine(on: world.world.makeHost("e")) { _ in
      [.send(RouterWorld.answer(RouterWorld.modelList(["m"])))]
    }
    _ = world.fetch(post("/workers", #"{"url":"http://e:8000"}"#))
    #expect(list(world).body == RouterWorld.modelList(["m"]) && engine.requests.count == 1)
    #expect(world.registry.workers.allSatisfy { $0.models != nil })
  }

  @Test func `a watched engine is asked after its first good probe, then each half minute`() {
    let world = RouterWorld([.both]) { $0.health.interval = .seconds(10) }
    let watch = WorkerWatch(router: world.router, logger: .silent)
    world.serve([["a"]])
    watch.start()
    world.world.run(for: .seconds(1))
    #expect(world.modelQuestions(0) == 1)
    #expect(world.fetch(get("/workers"))[0].body.contains(#""model_id":"a""#))
    #expect(world.fetch(get("/workers"))[0].body.contains(#""models":["a"]"#))
    world.serve(["a", "b"], at: 0)
    world.world.run(for: .seconds(20))
    #expect(world.modelQuestions(0) == 1)
    world.world.run(for: .seconds(15))
    #expect(world.modelQuestions(0) == 2)
    #expect(list(world).body == RouterWorld.modelList(["a", "b"]))
    world.engines[0].script = { _ in [.reset] }
    world.world.run(for: .seconds(35))
    #expect(!world.registry.workers[0].isHealthy)
    world.serve(["c"], at: 0)
    world.world.run(for: .seconds(25))
    #expect(list(world).body == RouterWorld.modelList(["c"]))
    watch.stop()
  }
}
