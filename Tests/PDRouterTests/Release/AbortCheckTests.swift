import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Handles whose decode legs were closed.
@Suite(.overBothProtocols) struct AbortCheckTests {
  /// What is waited before prefill is told in a dead engine's place.
  private let grace = ReleaseLimits().graceAfterDeath

  /// The first decode engine answers its health path in the manner given.
  private func makeWorld(_ health: [ScriptedEngine.Act]) -> ReleaseWorld {
    let world = ReleaseWorld()
    world.decodeEngines[1].script = { request in
      request.head[0] == "GET /health HTTP/1.1" ? health : [.send(ReleaseWorld.refusal)]
    }
    return world
  }

  @Test func `an engine that lives has told prefill by itself`() {
    let world = makeWorld([.send(RouterWorld.ok)])
    world.makeSure(decode: world.decodes[1])
    #expect(world.desk.outstanding == 1)
    #expect(world.settle())
    world.expectReleased(1, by: .decodeAbort)
    #expect(world.requests(to: "/v1/completions").isEmpty)
  }

  @Test(arguments: [
    [ScriptedEngine.Act.send(RouterWorld.answer("ill", status: 503))], [.reset], [.close], [],
  ])
  func `when it does not live, another gives the handle back`(health: [ScriptedEngine.Act]) {
    let world = makeWorld(health)
    let start = world.now
    world.makeSure(decode: world.decodes[1])
    #expect(world.settle())
    #expect((grace...grace + .milliseconds(1050)).contains(world.now - start))
    world.expectReleased(1, by: .rejectedRequest)
    #expect(world.decodeEngines[2].requests.count == 1)
  }

  @Test func `an engine that refuses connections is dead at once`() {
    let world = ReleaseWorld()
    world.decodeEngines[1].stopListening()
    let start = world.now
    world.makeSure(decode: world.decodes[1])
    #expect(world.settle())
    #expect((grace...grace + .milliseconds(50)).contains(world.now - start))
    world.expectReleased(1, by: .rejectedRequest)
  }

  @Test func `a worker known to be ill is not asked`() {
    let world = makeWorld([.send(RouterWorld.ok)])
    _ = world.decodes[1].setHealthy(false)
    world.makeSure(decode: world.decodes[1])
    #expect(world.settle())
    world.expectReleased(1, by: .rejectedRequest)
    #expect(world.requests(to: "/health").isEmpty)
  }

  @Test func `one question answers for all handles before it, and the next waits its time`() {
    let world = makeWorld([.wait(.milliseconds(30)), .send(RouterWorld.ok)])
    world.makeSure(1, decode: world.decodes[1])
    world.world.world.run(for: .milliseconds(10))
    world.makeSure(40, decode: world.decodes[1])
    world.world.world.run(for: .milliseconds(40))
    #expect(world.desk.outstanding == 40 && world.requests(to: "/health").count == 1)
    world.world.world.run(for: .milliseconds(45))
    #expect(world.requests(to: "/health").count == 1)
    #expect(world.settle())
    #expect(world.requests(to: "/health").count == 2)
    world.expectReleased(41, by: .decodeAbort)
  }

  @Test func `a question is asked on a fresh connection`() {
    let world = makeWorld([.send(RouterWorld.ok)])
    for _ in 0..<3 {
      world.makeSure(decode: world.decodes[1])
      world.world.world.run(for: .milliseconds(200))
    }
    #expect(world.decodeEngines[1].connectionCount == 3)
    world.expectReleased(3, by: .decodeAbort)
  }

  @Test func `handles that came during a question share its bad answer`() {
    let world = makeWorld([])
    world.makeSure(2, decode: world.decodes[1])
    world.world.world.run(for: .milliseconds(500))
    world.makeSure(2, decode: world.decodes[1])
    let start = world.now
    #expect(world.settle())
    #expect((grace...grace + .milliseconds(600)).contains(world.now - start))
    #expect(world.requests(to: "/health").count == 1)
    world.expectReleased(4, by: .rejectedRequest)
  }

  @Test func `no worker is asked more than ten times a second`() {
    let world = makeWorld([.send(RouterWorld.ok)])
    for _ in 0..<100 {
      world.makeSure(decode: world.decodes[1])
      world.world.world.run(for: .milliseconds(10))
    }
    #expect((9...11).contains(world.requests(to: "/health").count))
    #expect(world.settle())
    world.expectReleased(100, by: .decodeAbort)
  }
}
