import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What a loop does as workers come and go.
struct MembershipTests {
  @Test func `a draining worker gets nothing new and finishes what it has`() {
    let world = RouterWorld([.both, .both])
    world.engines[0].script = { _ in [.wait(.seconds(2)), .send(RouterWorld.answer("late"))] }
    let early = world.client(.text(get("/early")))
    world.world.run(for: .milliseconds(100))
    let worker = world.registry.workers[0]
    #expect(worker.requestsInFlight == 1 && world.registry.setDraining(true, worker.id))
    for _ in 0..<4 { #expect(world.fetch(get("/x")).map(\.body) == ["ok"]) }
    #expect(world.engines[0].requests.count == 1 && world.engines[1].requests.count == 4)
    world.awaitAnswers(1, early)
    #expect(HTTPAnswer.all(in: early.record.bytes).map(\.body) == ["late"])
    #expect(world.registry.setDraining(false, worker.id))
    _ = world.fetch(get("/x"))
    _ = world.fetch(get("/x"))
    #expect(world.engines[0].requests.count == 2)
    world.expectNothingLeft()
  }

  @Test func `a worker that left is let go: idle connections at once, busy ones at their end`() {
    let world = RouterWorld([.both])
    let engine = world.engines[0]
    engine.script = { request in
      request.head[0].contains("slow")
        ? [.wait(.seconds(2)), .send(RouterWorld.ok)] : [.send(RouterWorld.ok)]
    }
    let busy = world.client(.text(get("/slow")))
    world.world.run(for: .milliseconds(50))
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    world.world.run(for: .milliseconds(50))
    #expect(engine.openCount == 2)
    world.registry.remove(world.registry.workers[0].id)
    world.router.tellAll(.membershipChanged)
    world.world.run(for: .milliseconds(50))
    #expect(engine.openCount == 1)
    #expect(world.fetch(get("/x")).map(\.status) == [503])
    world.awaitAnswers(1, busy)
    #expect(HTTPAnswer.all(in: busy.record.bytes).map(\.status) == [200])
    world.world.run(for: .milliseconds(50))
    #expect(engine.openCount == 0)
    world.expectNothingLeft()
  }

  @Test func `what is held of a prefill worker that left is settled, also when nobody says so`() {
    let world = RouterWorld([.prefill, .decode])
    let prefill = world.registry.workers[0]
    let id = world.router.ledger.beginPrefill(on: prefill.id, now: world.router.loop.now)
    withBytes(of: "{}") { bytes in
      world.router.ledger.hold(id, engine: nil, now: world.router.loop.now) { $0.append(bytes) }
    }
    _ = world.fetch(get("/liveness"))
    world.router.noteMembership()
    world.registry.remove(prefill.id)
    #expect(world.router.ledger.stage(of: id) == .held)
    world.world.run(for: .milliseconds(1100))
    #expect(world.router.ledger.stage(of: id) == .withdrawn)
    #expect(world.router.handleCounts.spent == 1)
    world.router.ledger.settle(id, as: .expired, now: world.router.loop.now)
  }

  @Test func `a worker that came and left between two looks is let go too`() throws {
    let world = RouterWorld([.both])
    let late = ScriptedEngine(on: world.world.makeHost("late")) { _ in [.send(RouterWorld.ok)] }
    world.registry.remove(world.registry.workers[0].id)
    let worker = try #require(
      world.registry.add(try WorkerURL("http://late:8000"), role: .both))
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    world.world.run(for: .milliseconds(20))
    #expect(late.openCount == 1)
    world.registry.remove(worker.id)
    world.world.run(for: .milliseconds(1100))
    #expect(late.openCount == 0)
  }
}
