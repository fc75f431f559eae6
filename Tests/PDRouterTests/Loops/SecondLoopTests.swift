import EventLoop
import JSONFields
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct SecondLoopTests {
  private func integer(_ answer: HTTPAnswer, _ name: StaticString) -> Int? {
    withBytes(of: answer.body) { (try? JSONValue(validating: $0))?[name]?.integer }
  }

  @Test func `handles and requests of another loop are listed and hold a drain up`() {
    let world = RouterWorld([.prefill, .decode])
    let second = SecondLoop(of: world)
    world.engines[0].script = { _ in
      [.wait(.seconds(2)), .send(RouterWorld.answer(#"{"kv_transfer_params":null}"#))]
    }
    let clients = [
      second.client(.text(post("/v1/chat/completions", chatBody))),
      second.client(.text(post("/v1/chat/completions", chatBody))),
      world.client(.text(post("/v1/chat/completions", chatBody))),
    ]
    world.world.run(for: .milliseconds(100))
    let list = world.fetch(get("/pd/handles"))[0]
    #expect(list.status == 200 && integer(list, "total") == 3)
    #expect(list.body.contains(#""loop":0"#) && list.body.contains(#""loop":1"#))
    _ = world.fetch(post("/workers/0/drain", ""))
    let busy = world.fetch(get("/workers/0/drained"))[0]
    #expect(busy.status == 503 && integer(busy, "requests_in_flight") == 3)
    #expect(integer(busy, "handles") == 3)
    world.world.run(for: .seconds(3))
    #expect(clients.allSatisfy { HTTPAnswer.all(in: $0.record.bytes).map(\.status) == [200] })
    #expect(world.fetch(get("/workers/0/drained")).map(\.status) == [200])
    world.expectNothingLeft()
  }

  @Test func `every loop lets go of a worker that one of them was told to remove`() {
    let world = RouterWorld([.both])
    let second = SecondLoop(of: world)
    let client = second.client(.text(get("/x")))
    world.awaitAnswers(1, client)
    world.world.run(for: .milliseconds(50))
    #expect(world.engines[0].openCount == 1)
    #expect(world.fetch(get("/workers/0", method: "DELETE")).map(\.status) == [200])
    world.world.run(for: .milliseconds(50))
    #expect(world.engines[0].openCount == 0)
  }

  @Test func `an inquiry ends when a loop it asks has ended`() {
    let world = RouterWorld([.prefill, .decode])
    let second = SecondLoop(of: world)
    second.router.loop.handler = nil
    let client = world.client(.text(get("/pd/handles")))
    world.world.run(for: .seconds(1))
    #expect(client.record.bytes.isEmpty)
    second.router.abort()
    #expect(world.awaitAnswers(1, client))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200])
    #expect(world.fetch(get("/pd/handles")).map(\.status) == [200])
  }

  @Test func `a client that leaves while other loops are asked leaves nothing behind`() {
    let world = RouterWorld([.prefill, .decode])
    let second = SecondLoop(of: world)
    let reader = second.router.loop.handler
    second.router.loop.handler = nil
    let client = world.client(.text(get("/workers/0/drained")))
    world.world.run(for: .milliseconds(100))
    client.hangUp(.close)
    world.world.run(for: .milliseconds(100))
    second.router.loop.handler = reader
    second.router.readMail()
    world.world.run(for: .milliseconds(100))
    #expect(client.record.bytes.isEmpty && world.router.clientConnections == 0)
    #expect(world.fetch(get("/pd/handles")).map(\.status) == [200])
  }
}
