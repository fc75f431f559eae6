import EventLoop
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Two loops that share one limit.
struct AdmissionOverLoopsTests {
  private func makeWorld(
    _ limit: Int, queue: Int = 100, rate: Int? = nil, answeringAfter delay: Duration = .seconds(1)
  ) -> (RouterWorld, SecondLoop) {
    let world = RouterWorld([.both]) {
      $0.admission.maxConcurrentRequests = limit
      $0.admission.queueSize = queue
      $0.admission.requestsPerSecond = rate
    }
    world.engines[0].script = { _ in [.wait(delay), .send(RouterWorld.ok)] }
    return (world, SecondLoop(of: world))
  }

  private func statuses(_ clients: [SimulatedClient]) -> [[Int]] {
    clients.map { HTTPAnswer.all(in: $0.record.bytes).map(\.status) }
  }

  private func paths(_ world: RouterWorld) -> [String] {
    world.engines[0].requests.map { $0.head[0].components(by: " ")[1] }
  }

  @Test func `one limit and one queue bound hold for both`() {
    let (world, second) = makeWorld(1, queue: 1)
    var clients = [world.client(.text(get("/1")))]
    world.world.run(for: .milliseconds(50))
    clients.append(second.client(.text(get("/2"))))
    world.world.run(for: .milliseconds(50))
    #expect(world.router.admitted == (1, 1) && second.router.admitted == (1, 1))
    #expect(world.fetch(get("/3")).map(\.status) == [429])
    clients.append(second.client(.text(get("/4"))))
    world.world.run(for: .seconds(3))
    #expect(statuses(clients) == [[200], [200], [429]] && paths(world) == ["/1", "/2"])
    world.expectNothingLeft()
  }

  @Test func `whoever has waited longest is next, whichever loop made room`() {
    let (world, second) = makeWorld(1)
    var clients = [world.client(.text(get("/0")))]
    for number in 1..<8 {
      world.world.run(for: .milliseconds(50))
      let text = get("/\(number)")
      clients.append(number % 3 == 0 ? world.client(.text(text)) : second.client(.text(text)))
    }
    world.world.run(for: .seconds(9))
    #expect(statuses(clients) == Array(repeating: [200], count: 8))
    #expect(paths(world) == (0..<8).map { "/\($0)" })
    world.expectNothingLeft()
  }

  @Test func `a loop that is busy without end does not starve the other`() {
    let (world, second) = makeWorld(2, answeringAfter: .milliseconds(100))
    var clients: [SimulatedClient] = []
    func arrive(_ number: Int) {
      guard number < 200 else { return }
      clients.append(world.client(.text(get("/busy"))))
      world.world.schedule(after: .milliseconds(40)) { arrive(number + 1) }
    }
    arrive(0)
    world.world.run(for: .seconds(2))
    let other = second.client(.text(get("/other")))
    world.world.run(for: .seconds(2))
    // Some ten were ahead of it.
    #expect(statuses([other]) == [[200]])
    world.world.run(for: .seconds(30))
    #expect(statuses(clients) == Array(repeating: [200], count: 200))
    world.expectNothingLeft()
  }

  @Test func `tokens that come due on one loop let in who waits on the other`() {
    let (world, second) = makeWorld(1, rate: 1, answeringAfter: .zero)
    var clients = [world.client(.text(get("/0")))]
    world.world.run(for: .milliseconds(20))
    for number in 1..<6 {
      let text = get("/\(number)")
      clients.append(number % 2 == 0 ? world.client(.text(text)) : second.client(.text(text)))
      world.world.run(for: .milliseconds(20))
    }
    // The loop that watches for the token loses its own.
    clients[1].hangUp(.close)
    world.world.run(for: .seconds(5))
    #expect(statuses(clients) == [[200], [], [200], [200], [200], [200]])
    #expect(paths(world) == ["/0", "/2", "/3", "/4", "/5"])
    world.expectNothingLeft()
  }

  @Test func `a permit that an ended loop has not read goes on to who waits`() {
    let (world, second) = makeWorld(1)
    var clients = [world.client(.text(get("/0")))]
    world.world.run(for: .milliseconds(50))
    let lost = second.client(.text(get("/1")))
    world.world.run(for: .milliseconds(50))
    clients.append(world.client(.text(get("/2"))))
    second.router.loop.handler = nil
    world.world.run(for: .milliseconds(1500))
    // The slot is in a letter that nobody reads.
    #expect(paths(world) == ["/0"] && world.router.admitted == (1, 2))
    second.router.abort()
    world.world.run(for: .seconds(2))
    #expect(statuses(clients) == [[200], [200]] && statuses([lost]) == [[503]])
    world.expectNothingLeft()
  }

  @Test func `a loop that has drained leaves its watch for tokens to the other`() {
    let (world, second) = makeWorld(1, rate: 1, answeringAfter: .zero)
    var clients = [second.client(.text(get("/0")))]
    world.world.run(for: .milliseconds(20))
    clients.append(second.client(.text(get("/1"))))
    world.world.run(for: .milliseconds(20))
    clients.append(world.client(.text(get("/2"))))
    world.world.run(for: .milliseconds(20))
    clients[1].hangUp(.close)
    world.world.run(for: .milliseconds(20))
    var isIdle = false
    second.router.drain { isIdle = true }
    world.world.run(for: .seconds(3))
    #expect(isIdle && statuses(clients) == [[200], [], [200]])
    world.expectNothingLeft()
  }
}
