import JSONFields
import Logging
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// The baseline's older routes for workers.
struct AddWorkerTests {
  private func makeWorld(
    _ roles: [Role] = [], configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> (RouterWorld, WorkerWatch) {
    let world = RouterWorld(roles) {
      $0.startup.timeout = .seconds(60)
      configure(&$0)
    }
    let watch = WorkerWatch(router: world.router, logger: .silent)
    watch.start()
    return (world, watch)
  }

  private func add(_ query: String) -> String { post("/add_worker?\(query)", "") }

  @Test func `a worker is added when its first probe is good, listed and removed`() {
    let (world, watch) = makeWorld()
    let engine = ScriptedEngine(on: world.world.makeHost("late")) { _ in [.send(RouterWorld.ok)] }
    let added = world.fetch(add("url=http%3A%2F%2Flate%3A8000"))[0]
    #expect(added.status == 200 && added.body == "Successfully added worker: http://late:8000")
    #expect(engine.requests.first?.head[0] == "GET /health HTTP/1.1")
    #expect(world.fetch(get("/list_workers"))[0].body == #"{"urls":["http://late:8000"]}"#)
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    let again = world.fetch(add("url=http://late:8000"))[0]
    #expect(again.status == 400 && again.isErrorObject && again.body.contains("already exists"))
    let removed = world.fetch(post("/remove_worker?url=http%3A%2F%2Flate%3A8000", ""))[0]
    #expect(
      removed.status == 200 && removed.body == "Successfully removed worker: http://late:8000")
    #expect(world.fetch(get("/list_workers"))[0].body == #"{"urls":[]}"#)
    let unknown = world.fetch(post("/remove_worker?url=http://late:8000", ""))[0]
    #expect(unknown.status == 404 && unknown.isErrorObject)
    watch.stop()
  }

  @Test(arguments: [
    "", "url=", "url", "url=not-a-valid-url", "url=%zz", "url=ftp://x", "url=http://w0:8000",
    "url=http://x:1&worker_type=prefill", "worker_type=regular", "url=%FF",
    "url=http://x:1&bootstrap_port=0", "url=http://x:1&bootstrap_port=x",
  ])
  func `what is no URL, or is there already, is refused at once`(query: String) {
    let (world, watch) = makeWorld([.both])
    let answer = world.fetch(add(query))[0]
    #expect(answer.status == 400 && answer.isErrorObject)
    #expect(answer.body.contains("ADD_WORKER_FAILED") && world.registry.workers.count == 1)
    watch.stop()
  }

  @Test func `the request is held until the engine listens`() {
    let (world, watch) = makeWorld()
    let host = world.world.makeHost("late")
    let client = world.client(.text(add("url=http://late:8000")))
    world.world.run(for: .seconds(20))
    #expect(world.answer(to: client) == nil && world.registry.workers.count == 1)
    let engine = ScriptedEngine(on: host) { _ in [.send(RouterWorld.ok)] }
    world.world.run(for: .milliseconds(1500))
    #expect(world.answer(to: client)?.status == 200 && !engine.requests.isEmpty)
    watch.stop()
  }

  @Test func `a worker that is not healthy in time is refused and removed again`() {
    let (world, watch) = makeWorld()
    let engine = ScriptedEngine(on: world.world.makeHost("ill")) { _ in
      [.send(RouterWorld.answer("", status: 503))]
    }
    let client = world.client(.text(add("url=http://ill:8000")))
    world.world.run(for: .seconds(59))
    #expect(world.answer(to: client) == nil && engine.requests.count > 30)
    world.world.run(for: .seconds(2))
    let answer = world.answer(to: client)
    #expect(answer?.status == 400 && answer?.isErrorObject == true)
    #expect(world.registry.workers.isEmpty)
    watch.stop()
  }

  @Test func `a client that leaves takes back what it has asked for`() {
    let (world, watch) = makeWorld()
    let client = world.client(.text(add("url=http://nowhere:8000")))
    world.world.run(for: .seconds(5))
    #expect(world.registry.workers.count == 1)
    client.hangUp(.close)
    world.world.run(for: .seconds(1))
    #expect(world.registry.workers.isEmpty)
    watch.stop()
  }

  @Test func `removing a worker ends the wait for it, and so does a router that stops`() {
    let (world, watch) = makeWorld()
    _ = world.world.makeHost("a")
    let first = world.client(.text(add("url=http://a:8000")))
    world.world.run(for: .seconds(1))
    #expect(world.fetch(post("/remove_worker?url=http://a:8000", "")).map(\.status) == [200])
    world.awaitAnswers(1, first)
    #expect(world.answer(to: first)?.status == 400)
    let second = world.client(.text(add("url=http://a:8000")))
    world.world.run(for: .seconds(1))
    world.router.drain {}
    world.awaitAnswers(1, second)
    #expect(world.answer(to: second)?.status == 503 && world.registry.workers.isEmpty)
    watch.stop()
  }

  @Test func `split pools must be told what the worker is for`() {
    let (world, watch) = makeWorld([.prefill, .decode])
    let engine = ScriptedEngine(on: world.world.makeHost("p")) { _ in [.send(RouterWorld.ok)] }
    let vague = world.fetch(add("url=http://p:8000"))[0]
    #expect(vague.status == 400 && vague.body.contains("'worker_type'"))
    let added = world.fetch(
      add("url=http://p:8000&worker_type=prefill&bootstrap_port=8998"))[0]
    #expect(added.status == 200 && !engine.requests.isEmpty)
    let worker = world.registry.workers.last
    #expect(worker?.role == .prefill && worker?.details.bootstrapPort == 8998)
    watch.stop()
  }

  @Test func `an engine's base URL adds and removes all its ranks`() {
    let (world, watch) = makeWorld { $0.dataParallelSize = 3 }
    let engine = ScriptedEngine(on: world.world.makeHost("e")) { _ in [.send(RouterWorld.ok)] }
    #expect(world.fetch(add("url=http://e:8000")).map(\.status) == [200])
    #expect(
      world.fetch(get("/list_workers"))[0].body
        == #"{"urls":["http://e:8000@0","http://e:8000@1","http://e:8000@2"]}"#)
    #expect(world.fetch(post("/remove_worker?url=http://e:8000@1", "")).map(\.status) == [200])
    #expect(world.fetch(post("/remove_worker?url=http://e:8000", "")).map(\.status) == [200])
    #expect(world.registry.workers.isEmpty && !engine.requests.isEmpty)
    watch.stop()
  }

  @Test func `what was said of a worker is kept and listed`() {
    let world = RouterWorld([])
    let body =
      #"{"url":"http://e:1","model_id":"m\"","priority":7,"cost":2.5,"worker_type":"both"}"#
    #expect(world.fetch(post("/workers", body)).map(\.status) == [200])
    let listed = world.fetch(get("/workers/0"))[0].body
    #expect(listed.contains(#""model_id":"m\"""#) && listed.contains(#""priority":7,"cost":2.5"#))
    #expect(listed.contains(#""models":["m\""]"#) && listed.contains(#""worker_type":"regular""#))
    for wrong in [#""priority":"x""#, #""cost":"x""#, #""cost":1e999"#, #""model_id":5"#] {
      let answer = world.fetch(post("/workers", #"{"url":"http://f:1",\#(wrong)}"#))[0]
      #expect(answer.status == 400)
    }
    #expect(world.registry.workers.count == 1)
  }
}
