import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct PriorityTests {
  /// A field of the head, members of the body, and what they say together.
  @Test(arguments: [
    ("", "", 0), ("X-Vllm-Priority: -3\r\n", "", -3), ("", #","priority":-2"#, -2),
    ("x-vllm-priority: 5\r\n", #","priority":-2"#, 5),
    ("X-Vllm-Priority: -1\r\n", #","priority":9"#, -1), ("X-Vllm-Priority: high\r\n", "", 0),
    ("", #","priority":"high""#, 0), ("", #","priority":null"#, 0), ("", #","priority":1.5"#, 0),
    ("X-Vllm-Priority: 99999999999999999999999\r\n", "", 0), ("X-Vllm-Priority: \r\n", "", 0),
  ])
  func `a field of the head says a request's priority, else the body`(
    field: String, member: String, priority: Int
  ) {
    let body = #"{"model":"m","prompt":"p"\#(member)}"#
    let world = RouterWorld([.both])
    world.registry.workers[0].reserve(.zero)
    defer { world.registry.workers[0].release(.zero) }
    var urgent: Int?
    world.engines[0].script = { _ in
      urgent = world.registry.workers[0].urgentInFlight
      return [.send(RouterWorld.ok)]
    }
    let text =
      "POST /v1/completions HTTP/1.1\r\nHost: r\r\n\(field)Content-Length: \(body.utf8.count)"
      + "\r\n\r\n\(body)"
    _ = world.fetch(text)
    #expect(urgent == (priority < 0 ? 1 : 0))
    #expect(world.registry.workers[0].urgentInFlight == 0)
  }

  @Test func `an urgent request goes where fewer urgent ones are`() throws {
    let registry = WorkerRegistry()
    for number in 0..<2 {
      _ = registry.add(try WorkerURL("http://w\(number):1"), role: .both)
    }
    let workers = LoopWorkers(registry: registry)
    var seat = PolicySeat(PolicyName.leastLoad.make())
    var generator = SplitMix64(seed: 1)
    for _ in 0..<5 { registry.workers[0].reserve(TokenCount(10)) }
    for _ in 0..<2 { registry.workers[1].reserve(TokenCount(10), isUrgent: true) }
    func chosen(priority: Int) -> UInt32? {
      var traits = RequestTraits(promptTokens: TokenCount(10))
      traits.priority = priority
      return workers.choose(
        .serving, by: &seat, for: traits, except: TriedWorkers(), now: .zero, using: &generator)?
        .worker.id.number
    }
    #expect(chosen(priority: 0) == 1 && chosen(priority: 4) == 1 && chosen(priority: -1) == 0)
  }
}
