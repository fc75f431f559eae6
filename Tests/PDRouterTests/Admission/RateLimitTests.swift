import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// So many requests a second, through a whole router in virtual time.
struct RateLimitTests {
  private func makeWorld(
    _ rate: Int, burst: Int, queue: Int = 100, timeout: Duration = .seconds(60),
    answeringAfter delay: Duration = .zero
  ) -> RouterWorld {
    let world = RouterWorld([.both]) {
      $0.admission.requestsPerSecond = rate
      $0.admission.maxConcurrentRequests = burst
      $0.admission.queueSize = queue
      $0.admission.queueTimeout = timeout
    }
    world.engines[0].script = { _ in [.wait(delay), .send(RouterWorld.ok)] }
    return world
  }

  private func statuses(_ clients: [SimulatedClient]) -> [[Int]] {
    clients.map { HTTPAnswer.all(in: $0.record.bytes).map(\.status) }
  }

  @Test func `a burst is let in at once, and the rest at the rate`() {
    let world = makeWorld(4, burst: 3)
    var arrivals: [Instant] = []
    world.engines[0].script = { _ in
      arrivals.append(world.world.now)
      return [.send(RouterWorld.ok)]
    }
    let clients = (0..<10).map { world.client(.text(get("/\($0)"))) }
    world.world.run(for: .milliseconds(100))
    #expect(arrivals.count == 3)
    world.world.run(for: .seconds(5))
    #expect(statuses(clients) == Array(repeating: [200], count: 10))
    for (one, next) in zip(arrivals.dropFirst(2), arrivals.dropFirst(3)) {
      #expect((next - one).inSeconds > 0.24 && (next - one).inSeconds < 0.26)
    }
    world.expectNothingLeft()
  }

  @Test func `without a queue the rate's refusal says when the next token is due`() {
    let world = makeWorld(1, burst: 2, queue: 0)
    let answers = (0..<3).map { world.fetch(get("/\($0)"))[0] }
    #expect(answers.map(\.status) == [200, 200, 429])
    #expect(answers[2]["retry-after"] == "1" && answers[2].isErrorObject)
    #expect(answers[2].body.contains("rate_limited"))
    #expect(world.metrics.admissionRefusals.value(at: AdmissionRefusal.rate.place) == 1)
    world.world.run(for: .seconds(1))
    #expect(world.fetch(get("/4"))[0].status == 200)
    world.expectNothingLeft()
  }

  @Test func `those ahead count in the time to come again`() {
    let world = makeWorld(1, burst: 1, queue: 20)
    let clients = (0..<21).map { world.client(.text(get("/\($0)"))) }
    world.world.run(for: .milliseconds(100))
    let refused = world.fetch(get("/late"))[0]
    #expect(refused.status == 429 && refused["retry-after"] == "21")
    world.world.run(for: .seconds(21))
    #expect(statuses(clients) == Array(repeating: [200], count: 21))
  }

  @Test func `a request waits for more than one token's time if it must`() {
    let world = makeWorld(
      1, burst: 1, queue: 2, timeout: .seconds(4), answeringAfter: .milliseconds(300))
    let clients = (0..<2).map { world.client(.text(post("/v1/completions", "{\"n\":\($0)}"))) }
    world.world.run(for: .seconds(3))
    #expect(statuses(clients) == [[200], [200]])
    world.expectNothingLeft()
  }

  @Test func `a token that is due while all slots are in use is kept for the next slot`() {
    let world = makeWorld(1, burst: 1, answeringAfter: .milliseconds(2500))
    let clients = (0..<3).map { number in
      defer { world.world.run(for: .milliseconds(5)) }
      return world.client(.text(get("/\(number)")))
    }
    world.world.run(for: .milliseconds(5200))
    #expect(statuses(clients) == [[200], [200], []])
    #expect(world.engines[0].requests.count == 3)
    world.world.run(for: .seconds(3))
    #expect(statuses(clients)[2] == [200])
    world.expectNothingLeft()
  }

  @Test func `who waits for a token gets 408 at the time-out`() {
    let world = makeWorld(1, burst: 1, timeout: .milliseconds(500))
    var clients = [world.client(.text(get("/0")))]
    world.world.run(for: .milliseconds(50))
    clients.append(world.client(.text(get("/1"))))
    world.world.run(for: .milliseconds(490))
    #expect(statuses(clients) == [[200], []])
    world.world.run(for: .milliseconds(30))
    #expect(statuses(clients) == [[200], [408]])
    world.expectNothingLeft()
  }
}
