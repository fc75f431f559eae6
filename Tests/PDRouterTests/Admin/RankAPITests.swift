import JSONFields
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// The worker API where a URL stands for several data-parallel ranks.
struct RankAPITests {
  private func makeWorld() -> (RouterWorld, ScriptedEngine) {
    let world = RouterWorld([.both]) { $0.dataParallelSize = 3 }
    let engine = ScriptedEngine(on: world.world.makeHost("e")) { _ in [.send(RouterWorld.ok)] }
    return (world, engine)
  }

  private func member<Value>(_ answer: HTTPAnswer, _ read: (JSONValue) -> Value?) -> Value? {
    withBytes(of: answer.body) { bytes in
      (try? JSONValue(validating: bytes)).flatMap { read($0) }
    }
  }

  private static let engine = "/workers/http%3A%2F%2Fe%3A8000"

  @Test func `an engine is added with its ranks, listed by rank and removed whole`() {
    let (world, engine) = makeWorld()
    let added = world.fetch(post("/workers", #"{"url":"http://e:8000"}"#))[0]
    #expect(added.status == 200)
    #expect(member(added) { $0["message"]?.string } == "Worker http://e:8000 added successfully")
    for rank in 0..<3 {
      #expect(member(added) { $0["workers"]?[rank]?["data_parallel_rank"]?.integer } == rank)
      #expect(member(added) { $0["workers"]?[rank]?["url"]?.string } == "http://e:8000@\(rank)")
    }
    #expect(member(world.fetch(get("/workers"))[0]) { $0["total"]?.integer } == 4)
    #expect(member(world.fetch(get(Self.engine))[0]) { $0["total"]?.integer } == 3)
    let one = world.fetch(get(Self.engine + "%402"))[0]
    #expect(member(one) { $0["id"]?.integer } == 3)
    #expect(world.fetch(post("/workers", #"{"url":"http://e:8000"}"#)).map(\.status) == [400])
    #expect(world.fetch(post("/workers", #"{"url":"http://e:8000@1"}"#)).map(\.status) == [400])
    for _ in 0..<4 { _ = world.fetch(get("/x")) }
    #expect(engine.requests.map { $0.field("x-data-parallel-rank") } == ["0", "1", "2"])
    let removed = world.fetch(get(Self.engine, method: "DELETE"))[0]
    #expect(
      member(removed) { $0["message"]?.string } == "Worker http://e:8000 removed successfully")
    #expect(world.registry.workers.map(\.url.text) == ["http://w0:8000"])
    #expect(world.fetch(get(Self.engine, method: "DELETE")).map(\.status) == [404])
  }

  @Test func `one rank is removed, or drained, by itself`() {
    let (world, engine) = makeWorld()
    _ = world.fetch(post("/workers", #"{"url":"http://e:8000"}"#))
    #expect(world.fetch(get(Self.engine + "@1", method: "DELETE")).map(\.status) == [200])
    #expect(world.fetch(post(Self.engine + "@0/drain", "")).map(\.status) == [200])
    for _ in 0..<4 { _ = world.fetch(get("/x")) }
    #expect(engine.requests.map { $0.field("x-data-parallel-rank") } == ["2", "2"])
    let busy = world.fetch(get(Self.engine + "/drained"))[0]
    #expect(busy.status == 503 && member(busy) { $0["state"]?.string } == "active")
  }

  @Test func `an engine drains whole, and is drained when no rank has anything left`() {
    let (world, engine) = makeWorld()
    engine.script = { _ in [.wait(.seconds(1)), .send(RouterWorld.ok)] }
    _ = world.fetch(post("/workers", #"{"url":"http://e:8000"}"#))
    #expect(world.fetch(get("/workers/0", method: "DELETE")).map(\.status) == [200])
    let clients = (0..<2).map { _ in world.client(.text(get("/x"))) }
    world.world.run(for: .milliseconds(100))
    #expect(world.fetch(post(Self.engine + "/drain", "")).map(\.status) == [200])
    #expect(world.registry.workers.map(\.state) == [.draining, .draining, .draining])
    let busy = world.fetch(get(Self.engine + "/drained"))[0]
    #expect(busy.status == 503 && member(busy) { $0["requests_in_flight"]?.integer } == 2)
    for client in clients { world.awaitAnswers(1, client) }
    #expect(world.fetch(get(Self.engine + "/drained")).map(\.status) == [200])
    #expect(world.fetch(post(Self.engine + "/undrain", "")).map(\.status) == [200])
    #expect(world.registry.workers.allSatisfy { $0.state == .active })
    _ = world.fetch(get(Self.engine, method: "DELETE"))
    #expect(world.fetch(get(Self.engine + "/drained")).map(\.status) == [200])
    #expect(world.fetch(get(Self.engine + "@1/drained")).map(\.status) == [200])
  }
}
