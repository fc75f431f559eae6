import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Many handles at once, second calls, and the end of the router.
struct ReleasePaceTests {
  @Test func `eight calls are out to one worker at once, and all orders end`() {
    let world = ReleaseWorld(decodeCount: 2)
    var most = 0
    for engine in world.decodeEngines {
      engine.script = { _ in
        most = max(most, engine.openCount)
        return [.wait(.milliseconds(20)), .send(ReleaseWorld.refusal)]
      }
    }
    world.release(200)
    #expect(world.desk.queue.callsInFlight == 16)
    #expect(world.settle())
    world.expectReleased(200, by: .rejectedRequest)
    #expect(most == 8 && world.desk.counts.calls == 200)
  }

  @Test func `no more than five hundred calls go in a second, after a burst of 64`() {
    let world = ReleaseWorld(decodeCount: 8)
    world.release(1000)
    world.world.world.run(for: .seconds(1))
    #expect((550...570).contains(world.requests(to: "/v1/completions").count))
    #expect(world.settle())
    world.expectReleased(1000, by: .rejectedRequest)
  }

  @Test func `idle engines that never met are called again a second later, once for all handles`() {
    let world = ReleaseWorld(decodeCount: 1, isWarm: false)
    world.release(3)
    world.world.world.run(for: .milliseconds(900))
    #expect(world.desk.outstanding == 0 && world.counts.released == 3)
    #expect(!world.desk.isIdle)
    #expect(world.requests(to: "/v1/completions").count == 3)
    #expect(world.settle())
    #expect(world.requests(to: "/v1/completions").count == 4)
    #expect(world.desk.counts.secondCalls == 1)
    world.expectReleased(3, by: .rejectedRequest)
  }

  @Test func `an engine with other requests of ours needs no second call`() {
    let world = ReleaseWorld(decodeCount: 1, isWarm: false)
    world.decodes[1].reserve(.zero)
    world.release()
    world.world.world.run(for: .seconds(3))
    #expect(world.requests(to: "/v1/completions").count == 1)
    world.decodes[1].release(.zero)
    world.release()
    world.world.world.run(for: .milliseconds(500))
    world.decodes[1].reserve(.zero)
    world.world.world.run(for: .seconds(3))
    #expect(world.requests(to: "/v1/completions").count == 2 && world.desk.isIdle)
    world.decodes[1].release(.zero)
  }

  @Test func `draining waits for calls and second calls, but for no lease`() {
    let world = ReleaseWorld(decodeCount: 2, isWarm: false)
    world.decodeEngines[2].script = { _ in [.send(RouterWorld.answer("x", status: 500))] }
    world.release(2)
    var idleAt: Instant?
    world.router.drain { idleAt = world.world.world.now }
    #expect(idleAt == nil)
    let start = world.now
    world.world.world.run(for: .seconds(5))
    #expect(idleAt.map { (.seconds(1)...(.milliseconds(1200))).contains($0 - start) } == true)
    world.expectReleased(2, by: .rejectedRequest)
  }

  @Test func `draining leaves to its lease what nobody can be told`() {
    let world = ReleaseWorld(decodeCount: 1)
    world.decodeEngines[1].script = { _ in [.send(RouterWorld.answer("x", status: 500))] }
    world.release()
    world.world.world.run(for: .seconds(1))
    world.release()
    var isDone = false
    world.router.drain { isDone = true }
    #expect(!isDone && world.counts.expired == 1)
    world.world.world.run(for: .seconds(1))
    #expect(isDone && world.counts.expired == 2)
    world.expectReleased(0, by: .rejectedRequest)
  }

  @Test func `draining a desk without orders is done at once`() {
    let world = ReleaseWorld()
    var isDone = false
    world.router.drain { isDone = true }
    #expect(isDone)
  }

  @Test func `an abort leaves everything to its lease, and closes what is out`() {
    let world = ReleaseWorld(isWarm: false)
    world.release(1)
    world.world.world.run(for: .milliseconds(100))
    for engine in world.decodeEngines { engine.script = { _ in [] } }
    world.release(80)
    world.makeSure(3, decode: world.decodes[1])
    world.world.world.run(for: .milliseconds(100))
    world.router.abort()
    #expect(world.counts.expired == 83)
    world.expectReleased(1, by: .rejectedRequest)
    world.release()
    #expect(world.counts.expired == 84 && world.desk.outstanding == 0)
    world.world.world.run(for: .seconds(5))
    #expect(world.decodeEngines.map(\.openCount) == [0, 0])
  }
}
