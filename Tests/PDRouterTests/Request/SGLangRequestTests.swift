import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// Split requests of SGLang engines, which meet in a room. Workers 0 and 1 are prefill, 2 and 3
/// decode.
struct SGLangRequestTests {
  private let text = post("/v1/chat/completions", chatBody)

  private func makeWorld() -> RouterWorld {
    let world = makeSplitWorld(details: [0: WorkerDetails(bootstrapPort: 9001)]) {
      $0.connector = .sglang
    }
    for number in 0...1 {
      world.engines[number].script = { request in
        request.isRelease
          ? [.send(RouterWorld.ok)]
          : [.wait(.milliseconds(50)), .send(RouterWorld.answer(#"{"usage":{}}"#))]
      }
    }
    return world
  }

  /// Where each leg of `engine` meets its other: host, port, room and name.
  private func meetings(_ engine: ScriptedEngine) -> [[String?]] {
    engine.legs.map { leg in
      ["bootstrap_host", "bootstrap_port", "bootstrap_room", "rid"].map(leg.value)
    }
  }

  @Test func `both legs leave at once for the same room, and only prefill's is not streamed`() {
    let world = makeWorld()
    let streamed = #"{"stream":true,"# + chatBody.dropFirst()
    let client = world.begin(post("/v1/chat/completions", streamed))
    world.world.run(for: .milliseconds(20))
    #expect(world.engines.map(\.legs.count) == [1, 0, 1, 0])
    let meeting = meetings(world.engines[0])
    #expect(meeting == meetings(world.engines[2]) && !meeting[0].contains(nil))
    #expect(meeting[0].prefix(2) == ["w0", "9001"])
    #expect(world.engines[0].legs[0].value(of: "stream") == "false")
    #expect(world.engines[2].legs[0].value(of: "stream") == "true")
    #expect(world.awaitAnswers(1, client))
    world.world.run(for: .milliseconds(60))
    #expect(world.router.handleCounts.consumed == 1)
    world.expectNothingLeft()
  }

  @Test(arguments: ["n", "best_of"])
  func `several answers are refused, since decode cannot serve them alone`(name: String) {
    let world = makeWorld()
    let body = "{\"\(name)\":2," + chatBody.dropFirst()
    let answer = world.fetch(post("/v1/chat/completions", body))[0]
    #expect(answer.status == 400 && answer.isErrorObject)
    #expect(world.engines.allSatisfy { $0.requests.isEmpty })
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1])
  func `a prefill that fails closes decode's leg at once, and both meet in another room`(
    manner: Int
  ) {
    let world = makeWorld()
    let failure: Act = manner == 0 ? .reset : .send(RouterWorld.answer("{}", status: 500))
    world.engines[0].script = { request in
      request.isRelease ? [.send(RouterWorld.ok)] : [.wait(.milliseconds(10)), failure]
    }
    world.engines[2].script = { request in request.isRelease ? [.send(RouterWorld.ok)] : [] }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(25))
    #expect(world.hasLost(0, at: 2))
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?.status == 200)
    #expect(world.engines.map(\.legs.count) == [1, 1, 1, 1])
    #expect(meetings(world.engines[1]) == meetings(world.engines[3]))
    #expect(meetings(world.engines[1])[0][2] != meetings(world.engines[0])[0][2])
    world.expectAllGivenBack()
    // What answers with an error has nothing to give back.
    #expect(world.router.handleCounts.releasedBy[.abortRequest] == (manner == 0 ? 1 : 0))
  }

  @Test func `a decode engine that breaks closes prefill's leg, and both are told by name`() {
    let world = makeWorld()
    world.engines[2].script = { request in
      request.isRelease ? [.send(RouterWorld.ok)] : [.wait(.milliseconds(10)), .reset]
    }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(25))
    #expect(world.hasLost(0, at: 0))
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?.status == 200)
    world.expectAllGivenBack()
    expectTold(world)
  }

  @Test func `a client that leaves closes both legs, and both engines are told by name`() {
    let world = makeWorld()
    world.engines[2].script = { request in request.isRelease ? [.send(RouterWorld.ok)] : [] }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(20))
    client.hangUp(.close)
    world.world.run(for: .milliseconds(5))
    #expect(world.hasLost(0, at: 0) && world.hasLost(0, at: 2))
    world.expectAllGivenBack()
    expectTold(world)
  }

  /// The first pair of engines was told to abort what both know by one name.
  private func expectTold(_ world: RouterWorld) {
    let name = meetings(world.engines[0])[0][3]
    for number in [0, 2] {
      let told = world.engines[number].requests.filter(\.isRelease)
      #expect(told.map { $0.value(of: "rid") } == [name])
    }
    #expect(world.router.handleCounts.releasedBy[.abortRequest] == 1)
  }

  @Test func `without a prefill engine in reach the client is told, and no decode engine tried`() {
    let world = makeWorld()
    for number in 0...1 { world.engines[number].stopListening() }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 502 && answer.isErrorObject)
    #expect(world.engines[2...3].allSatisfy { $0.legs.allSatisfy { $0.value(of: "rid") != nil } })
    world.expectAllGivenBack()
  }
}
