import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Connectors whose handles a refusal does not give back.
struct ReleaseMeansTests {
  private func sweep(_ world: ReleaseWorld, for duration: Duration) {
    for _ in 0..<Int(duration.inSeconds) {
      world.world.world.run(for: .seconds(1))
      world.desk.sweep()
    }
  }

  @Test(arguments: [false, true])
  func `an attachment is served for the real model and dropped`(isChat: Bool) throws {
    let world = ReleaseWorld(means: .attachment, isWarm: false)
    for engine in world.decodeEngines { engine.script = { _ in [.send(RouterWorld.ok)] } }
    world.desk.release(world.order(isChat: isChat))
    #expect(world.settle())
    world.expectReleased(1, by: .droppedRequest)
    let path = isChat ? "/v1/chat/completions" : "/v1/completions"
    let requests = world.requests(to: path)
    #expect(requests.count == 1)
    let body = try #require(requests.first?.body)
    #expect(body.hasPrefix(#"{"model":"m","#) && body.contains(#""max_tokens":1"#))
    #expect(body.contains(#""kv_transfer_params":{"rid":"h0"}"#))
    sweep(world, for: .seconds(3))
    #expect(world.desk.counts.secondCalls == 0)
  }

  @Test func `an attachment that was refused goes to another worker`() {
    let world = ReleaseWorld(means: .attachment)
    world.decodeEngines[2].script = { _ in [.send(RouterWorld.ok)] }
    world.desk.release(world.order())
    #expect(world.settle())
    world.expectReleased(1, by: .droppedRequest)
    #expect(world.decodeEngines.map(\.requests.count) == [1, 1])
  }

  @Test(arguments: [[ScriptedEngine.Act](), [.close]])
  func `an attachment that may have reached an engine is not made twice`(
    manner: [ScriptedEngine.Act]
  ) {
    let world = ReleaseWorld(means: .attachment)
    for engine in world.decodeEngines { engine.script = { _ in manner } }
    world.desk.release(world.order())
    sweep(world, for: .seconds(6))
    #expect(world.desk.outstanding == 1 && world.desk.counts.givenUp == 1)
    #expect(world.requests(to: "/v1/completions").count == 1)
    #expect(world.decodeEngines.map(\.openCount) == [0, 0])
    sweep(world, for: .seconds(27))
    #expect(world.counts.expired == 1)
    world.expectReleased(0, by: .droppedRequest)
  }

  @Test func `an attachment never goes over a connection that may be stale`() {
    let world = ReleaseWorld(decodeCount: 1, means: .attachment)
    world.decodeEngines[1].script = { _ in [.send(RouterWorld.ok)] }
    for _ in 0..<3 {
      world.desk.release(world.order())
      world.settle()
    }
    #expect(world.decodeEngines[1].connectionCount == 3)
  }

  @Test func `an abort names the request to prefill, and to decode where it is known`() {
    let world = ReleaseWorld(means: .abortRequest)
    for engine in world.world.engines { engine.script = { _ in [.send(RouterWorld.ok)] } }
    world.makeSure(decode: world.decodes[2])
    #expect(world.settle())
    world.expectReleased(1, by: .abortRequest)
    world.desk.release(world.order())
    #expect(world.settle())
    world.expectReleased(2, by: .abortRequest)
    #expect(world.world.engines.map(\.requests.count) == [2, 0, 1])
    let prefill = world.world.engines[0].requests
    #expect(prefill.allSatisfy { $0.head[0] == "POST /abort_request HTTP/1.1" })
    #expect(prefill.map(\.body) == [#"{"rid":"h0"}"#, #"{"rid":"h1"}"#])
    #expect(world.decodeEngines[2].requests[0].body == #"{"rid":"h0"}"#)
  }

  @Test func `an abort that prefill does not take is tried three times`() {
    let world = ReleaseWorld(means: .abortRequest)
    world.makeSure(decode: world.decodes[1])
    sweep(world, for: .seconds(5))
    #expect(world.world.engines[0].requests.count == 3)
    #expect(world.decodeEngines[1].requests.count == 1)
    #expect(world.desk.counts.givenUp == 1)
  }
}
