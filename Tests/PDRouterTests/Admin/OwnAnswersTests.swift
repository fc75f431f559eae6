import JSONFields
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct OwnAnswersTests {
  /// A world in which the workers numbered `ill` are unhealthy.
  private func makeWorld(_ roles: [Role], ill: [Int]) -> RouterWorld {
    let world = RouterWorld(roles)
    for number in ill { _ = world.registry.workers[number].setHealthy(false) }
    world.registry.noteChange()
    return world
  }

  @Test func `liveness is told whatever the workers are`() {
    for roles in [[], [.both], [.prefill, .decode]] as [[Role]] {
      let answer = makeWorld(roles, ill: Array(roles.indices)).fetch(get("/liveness"))[0]
      #expect(answer.status == 200 && answer.body == "OK")
    }
  }

  @Test(arguments: [
    ([Role.both, .both], [], 200, #"{"status":"ready","healthy_workers":2,"total_workers":2}"#),
    ([.both, .both], [0], 200, #"{"status":"ready","healthy_workers":1,"total_workers":2}"#),
    (
      [.both], [0], 503,
      #"{"status":"not_ready","reason":"no healthy workers available","total_workers":1}"#
    ),
    (
      [], [], 503,
      #"{"status":"not_ready","reason":"no healthy workers available","total_workers":0}"#
    ),
    (
      [.prefill, .decode], [], 200,
      #"{"status":"ready","prefill":{"healthy":1,"total":1},"decode":{"healthy":1,"total":1}}"#
    ),
    (
      [.prefill, .decode], [0, 1], 503,
      #"{"status":"not_ready","reason":"no healthy prefill workers, no healthy decode workers","#
        + #""prefill":{"healthy":0,"total":1},"decode":{"healthy":0,"total":1}}"#
    ),
  ])
  func `readiness is told by the health of the workers that are needed`(
    roles: [Role], ill: [Int], status: Int, body: String
  ) throws {
    let answer = makeWorld(roles, ill: ill).fetch(get("/readiness"))[0]
    #expect(answer.status == status && answer.body == body)
    #expect(answer["content-type"] == "application/json")
    _ = try withBytes(of: answer.body) { try JSONFields(validating: $0) }
  }

  @Test func `a worker that drains is not counted as ready`() {
    let world = makeWorld([.prefill, .decode], ill: [])
    #expect(world.registry.setDraining(true, world.registry.workers[0].id))
    let answer = world.fetch(get("/readiness"))[0]
    #expect(answer.status == 503 && answer.body.contains(#""prefill":{"healthy":0,"total":1}"#))
  }

  @Test func `health names the workers that are ill`() {
    let healthy = makeWorld([.both], ill: []).fetch(get("/health"))[0]
    #expect(healthy.status == 200 && healthy.body == "All servers healthy")
    let ill = makeWorld([.prefill, .decode, .decode], ill: [0, 2]).fetch(get("/health"))[0]
    #expect(ill.status == 503)
    #expect(
      ill.body
        == #"Unhealthy servers: ["Prefill: http://w0:8000", "Decode: http://w2:8000"]"#)
  }

  @Test func `HEAD gets the head of an own answer`() {
    let world = makeWorld([.both], ill: [])
    let client = world.client(.text(get("/liveness", method: "HEAD")))
    world.world.run(for: .milliseconds(50))
    let answers = HTTPAnswer.all(in: client.record.bytes) { _ in false }
    #expect(answers.map(\.status) == [200] && answers[0]["content-length"] == "2")
    client.hangUp(.close)
  }

  @Test(arguments: [
    ("/health", "POST", "GET, HEAD"), ("/v1/models", "POST", "GET, HEAD"),
    ("/workers", "PUT", "GET, HEAD, POST"), ("/workers/0", "POST", "GET, HEAD, DELETE"),
    ("/workers/0/drain", "GET", "POST"), ("/workers/0/drained", "POST", "GET, HEAD"),
    ("/v1/completions", "GET", "POST"), ("/v1/chat/completions", "PUT", "POST"),
  ])
  func `a method that a route does not take gets 405 and the ones it takes`(
    path: String, method: String, allowed: String
  ) {
    let world = makeWorld([.both], ill: [])
    let answer = world.fetch(get(path, method: method))[0]
    #expect(answer.status == 405 && answer["allow"] == allowed && answer.isErrorObject)
    #expect(world.engines[0].requests.isEmpty)
  }
}
