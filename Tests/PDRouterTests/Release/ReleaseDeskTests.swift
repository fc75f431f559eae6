import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Handles that no decode engine has.
struct ReleaseDeskTests {
  @Test func `a handle is given back by a request that must be refused`() throws {
    let world = ReleaseWorld()
    let start = world.now
    world.desk.release(world.order())
    #expect(world.router.liveHandles == 1 && world.desk.outstanding == 1)
    #expect(world.settle())
    #expect(world.now - start < .milliseconds(5))
    world.expectReleased(1, by: .rejectedRequest)
    let request = try #require(world.requests(to: "/v1/completions").first)
    #expect(request.field("x-request-id") == "cmpl-1")
    #expect(request.field("authorization") == "Bearer x")
    #expect(request.field("content-type") == "application/json")
    let body = request.body
    #expect(body.hasPrefix(#"{"model":"__release__"#))
    #expect(
      body.hasSuffix(#"","prompt":[0],"max_tokens":1,"kv_transfer_params":{"rid":"h0"}}"#))
    #expect(world.counts.releasedBy[.rejectedRequest] == world.counts.released)
  }

  @Test func `a lax engine that serves the request has given the handle back too`() {
    let world = ReleaseWorld()
    for engine in world.decodeEngines { engine.script = { _ in [.send(RouterWorld.ok)] } }
    world.release()
    #expect(world.settle())
    world.expectReleased(1, by: .droppedRequest)
  }

  @Test(arguments: [
    RouterWorld.answer("no", status: 401), RouterWorld.answer("no", status: 403),
    RouterWorld.answer("no", status: 405), RouterWorld.answer("no", status: 503),
    RouterWorld.answer(#"{"detail":"Not Found"}"#, status: 404), "HTTQ/9\r\n\r\n",
  ])
  func `an engine that does not get to it is passed over for another`(answer: String) {
    let world = ReleaseWorld()
    world.decodeEngines[1].script = { _ in [.send(answer)] }
    world.release()
    #expect(world.settle())
    world.expectReleased(1, by: .rejectedRequest)
    #expect(world.decodeEngines.map(\.requests.count) == [1, 1])
    #expect(world.desk.counts.failedCalls == 1 && world.desk.counts.calls == 2)
  }

  @Test func `an engine that refuses connections is passed over at once`() {
    let world = ReleaseWorld()
    world.decodeEngines[1].stopListening()
    let start = world.now
    world.release()
    #expect(world.settle())
    #expect(world.now - start < .milliseconds(60))
    world.expectReleased(1, by: .rejectedRequest)
  }

  @Test func `an engine that says nothing is passed over after two seconds`() {
    let world = ReleaseWorld()
    world.decodeEngines[1].script = { _ in [] }
    let start = world.now
    world.release()
    #expect(world.settle())
    #expect((.seconds(2)...(.milliseconds(2100))).contains(world.now - start))
    world.expectReleased(1, by: .rejectedRequest)
    #expect(world.decodeEngines[1].openCount == 0)
  }

  @Test func `when three attempts fail the handle is left to its lease`() {
    let world = ReleaseWorld(decodeCount: 1)
    world.decodeEngines[1].script = { _ in [.send(RouterWorld.answer("x", status: 500))] }
    world.release(3)
    world.world.world.run(for: .seconds(10))
    #expect(world.requests(to: "/v1/completions").count == 9)
    #expect(world.desk.outstanding == 3 && world.desk.counts.givenUp == 3)
    world.world.world.run(for: .seconds(22))
    #expect(world.counts.expired == 3)
    world.expectReleased(0, by: .rejectedRequest)
  }

  @Test func `engines that come back before anybody missed them are told all the same`() {
    let world = ReleaseWorld(decodeCount: 2)
    for engine in world.decodeEngines { engine.stopListening() }
    world.release(3)
    world.world.world.run(for: .seconds(8))
    #expect(world.desk.outstanding == 3 && world.desk.counts.givenUp == 0)
    #expect(world.desk.counts.failedCalls > 9)
    for engine in world.decodeEngines { engine.listen() }
    #expect(world.settle(within: .seconds(2)))
    world.expectReleased(3, by: .rejectedRequest)
  }

  @Test func `a drain waits for engines that cannot be reached no longer than for others`() {
    let world = ReleaseWorld(decodeCount: 2)
    for engine in world.decodeEngines { engine.stopListening() }
    world.release(2)
    world.desk.drain {}
    #expect(world.settle(within: .seconds(2)))
    #expect(world.counts.expired == 2)
  }

  @Test func `when no decode worker lives the handle waits for one, or for its lease`() {
    let world = ReleaseWorld(decodeCount: 1)
    _ = world.decodes[1].setHealthy(false)
    world.world.registry.noteChange()
    world.release()
    world.world.world.run(for: .seconds(5))
    #expect(world.requests(to: "/v1/completions").isEmpty && world.desk.outstanding == 1)
    _ = world.decodes[1].setHealthy(true)
    world.world.registry.noteChange()
    world.world.world.run(for: .seconds(2))
    world.expectReleased(1, by: .rejectedRequest)
    _ = world.decodes[1].setHealthy(false)
    world.world.registry.noteChange()
    world.release(2)
    world.world.world.run(for: .seconds(32))
    #expect(world.counts.expired == 2)
    world.expectReleased(1, by: .rejectedRequest)
  }

  @Test func `a handle whose prefill worker is ill is spent`() {
    let world = ReleaseWorld()
    _ = world.world.registry.workers[0].setHealthy(false)
    world.release()
    #expect(world.counts.spent == 1 && world.requests(to: "/v1/completions").isEmpty)
    world.expectReleased(0, by: .rejectedRequest)
  }

  @Test func `a handle that the ledger has withdrawn needs nothing`() {
    let world = ReleaseWorld()
    let order = world.order()
    world.router.ledger.workerDidLeave(WorkerID(number: 0))
    world.desk.release(order)
    #expect(world.desk.outstanding == 0 && world.counts.spent == 1)
    #expect(world.router.liveHandles == 0)
  }

  @Test func `a handle that the ledger withdraws under way is settled once`() {
    let world = ReleaseWorld()
    for engine in world.decodeEngines { engine.script = { _ in [] } }
    world.release(3)
    world.world.world.run(for: .seconds(1))
    world.router.ledger.workerDidLeave(WorkerID(number: 0))
    world.world.world.run(for: .seconds(9))
    #expect(world.counts.spent == 3)
    world.expectReleased(0, by: .rejectedRequest)
  }

  @Test func `a warm worker is asked before an idle one, and a tried one last`() {
    let world = ReleaseWorld()
    let warm = world.decodes[2].id
    world.desk.pairs.isWarm = { _, decode in decode.id == warm }
    world.decodes[2].reserve(.zero)
    world.release()
    #expect(world.settle())
    #expect(world.decodeEngines.map(\.requests.count) == [0, 1])
    var tried = TriedWorkers()
    tried.insert(warm)
    world.desk.release(world.order(), tried: tried)
    world.world.world.run(for: .seconds(3))
    #expect(world.decodeEngines[1].requests.count >= 1)
    #expect(world.decodeEngines[2].requests.count == 1)
    world.decodes[2].release(.zero)
  }

  @Test func `a worker that cannot speak to prefill is never asked`() {
    let world = ReleaseWorld()
    let stranger = world.decodes[1].id
    world.desk.pairs.isCompatible = { _, decode in decode.id != stranger }
    world.release(3)
    #expect(world.settle())
    #expect(world.decodeEngines.map(\.requests.count) == [0, 3])
  }
}
