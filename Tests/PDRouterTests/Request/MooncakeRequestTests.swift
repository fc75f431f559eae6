import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// Split requests over Mooncake: named ahead, and yet one leg after the other. Workers 0 and 1 are
/// prefill, 2 and 3 decode.
@Suite(.overBothProtocols) struct MooncakeRequestTests {
  private let text = post("/v1/chat/completions", chatBody)
  private static let prefilled: [Act] = [
    .wait(.milliseconds(50)),
    .send(RouterWorld.answer(#"{"usage":{"prompt_tokens":7},"kv_transfer_params":null}"#)),
  ]

  private func makeWorld(
    together: Bool = false, isKnown: Bool = true,
    _ configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> RouterWorld {
    let world = makeSplitWorld {
      $0.connector = .mooncake
      $0.connectorOptions.legsLeaveTogether = together
      configure(&$0)
    }
    for number in 0...1 { world.engines[number].script = { _ in Self.prefilled } }
    if isKnown { world.introducePrefills() }
    return world
  }

  private func transfers(_ engine: ScriptedEngine) -> [String?] {
    engine.legs.map { $0.value(of: "transfer_id") }
  }

  @Test(arguments: [false, true])
  func `decode gets the transfer's name, after prefill's answer unless together`(
    together: Bool
  ) throws {
    let world = makeWorld(together: together)
    let client = world.begin(text)
    world.world.run(for: .milliseconds(40))
    #expect(world.engines.map(\.legs.count) == [1, 0, together ? 1 : 0, 0])
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?.status == 200)
    let (prefill, decode) = (world.engines[0].legs[0], world.engines[2].legs[0])
    let name = try #require(prefill.value(of: "transfer_id"))
    #expect(name.hasPrefix("xfer-") && decode.value(of: "transfer_id") == name)
    #expect(prefill.body.contains(#""do_remote_decode":true,"do_remote_prefill":false"#))
    #expect(decode.body.contains(#""do_remote_decode":false,"do_remote_prefill":true"#))
    #expect(decode.value(of: "remote_engine_id") == "e0")
    world.world.run(for: .milliseconds(60))
    #expect(world.router.handleCounts.consumed == 1)
    world.expectNothingLeft()
  }

  @Test func `while no bootstrap server has answered a decode engine serves the whole`() {
    let world = makeWorld(isKnown: false)
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [0, 0, 1, 0])
    #expect(world.engines[2].legs[0].body == chatBody)
    #expect(world.records[0].reason.description == "pair_not_ready")
    world.expectNothingLeft()
  }

  @Test func `a prefill that fails is done anew under another name, and decode sees only that`() {
    let world = makeWorld()
    world.engines[0].script = { _ in [.reset] }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [1, 1, 0, 1])
    #expect(transfers(world.engines[0]) != transfers(world.engines[1]))
    #expect(transfers(world.engines[3]) == transfers(world.engines[1]))
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1 && world.router.handleCounts.consumed == 1)
  }

  /// What befalls a prefill leg that was written, and whether it leaves something to give back.
  static let lostLegs: [(script: [ScriptedEngine.Act], status: Int, isRecalled: Bool)] = [
    ([.wait(.milliseconds(10)), .reset], 200, true),
    ([.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), .reset], 200, true),
    ([.send(RouterWorld.answer("no JSON"))], 200, true), ([.send("junk\r\n\r\n")], 200, true),
    ([], 200, true),
    ([.send(RouterWorld.answer("{}", status: 500))], 200, false),
    ([.send(RouterWorld.answer("{}", status: 400))], 400, false),
  ]

  @Test(arguments: lostLegs)
  func `what a lost prefill leg may have made is given back by name, twice`(
    _ leg: (script: [ScriptedEngine.Act], status: Int, isRecalled: Bool)
  ) {
    let world = makeWorld { $0.timeouts.prefill = .milliseconds(200) }
    world.engines[0].script = { _ in leg.script }
    #expect(world.fetch(text).map(\.status) == [leg.status])
    let counts = { world.router.handleCounts }
    #expect(counts().abandoned == (leg.isRecalled ? 0 : 1))
    #expect(world.releases.isEmpty, "a prefill that may be at its last step is given a moment")
    world.world.run(for: .milliseconds(300))
    let names = transfers(world.engines[0])
    #expect(counts().releasedBy[.droppedRequest] == (leg.isRecalled ? 1 : 0))
    #expect(world.releases.map { $0.value(of: "transfer_id") } == (leg.isRecalled ? names : []))
    world.world.run(for: .seconds(2))
    let twice = leg.isRecalled ? names + names : []
    #expect(world.releases.map { $0.value(of: "transfer_id") } == twice)
    world.expectAllGivenBack()
  }

  @Test func `a prefill leg that never left has nothing to give back`() {
    let world = makeWorld()
    world.engines[0].stopListening()
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.router.handleCounts.abandoned == 1)
    world.world.run(for: .seconds(2))
    #expect(world.releases.isEmpty)
    world.expectNothingLeft()
  }

  @Test(arguments: [false, true])
  func `a prefill that is cut because the request's time is over is given back by name`(
    together: Bool
  ) {
    let world = makeWorld(together: together) { $0.timeouts.request = .milliseconds(30) }
    world.engines[2].script = { request in request.isRelease ? [.send(RouterWorld.ok)] : [] }
    #expect(world.fetch(text).map(\.status) == [504])
    world.world.run(for: .milliseconds(5))
    #expect(world.hasLost(0, at: 0))
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1)
    #expect(
      world.releases.first.map { $0.value(of: "transfer_id") } == transfers(world.engines[0])[0])
  }

  @Test func `a long prefill that is cut because its client left is given back by name`() {
    let world = makeWorld { $0.limits.prefillStepTokens = 1 }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(20))
    client.hangUp(.close)
    world.world.run(for: .milliseconds(5))
    #expect(world.hasLost(0, at: 0) && world.router.liveRequests == 0)
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1 && world.router.handleCounts.abandoned == 0)
  }

  @Test(arguments: [400, 503])
  func `what decode refuses of a client that is gone counts as given back by that`(status: Int) {
    let world = makeWorld()
    world.engines[2].script = { _ in
      [.wait(.milliseconds(20)), .send(RouterWorld.answer("{}", status: status))]
    }
    let client = world.begin(text)
    _ = world.world.run(within: .seconds(1)) { world.engines[2].legs.count == 1 }
    client.hangUp(.close)
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.releasedBy[.decodeRejection] == 1)
    #expect(world.router.handleCounts.released == 1 && world.releases.isEmpty)
  }

  @Test func `an older engine's refusal frees nothing, so the handle is served to another`() {
    let world = makeWorld { $0.releasesByDrop = true }
    world.engines[2].script = { _ in [.send(RouterWorld.answer("{}", status: 400))] }
    world.engines[3].script = { _ in [.send(RouterWorld.ok)] }
    #expect(world.fetch(text).map(\.status) == [400])
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.releasedBy[.droppedRequest] == 1)
    #expect(world.router.handleCounts.released == 1)
  }

  @Test func `where handles are given back by serving, one that may not exist is left alone`() {
    let world = makeWorld { $0.releasesByDrop = true }
    world.engines[0].script = { _ in [.reset] }
    #expect(world.fetch(text).map(\.status) == [200])
    world.world.run(for: .seconds(10))
    #expect(world.releases.isEmpty && world.router.handleCounts.released == 0)
    world.expectAllGivenBack(within: .seconds(500))
    #expect(world.router.handleCounts.expired == 1)
  }

  @Test(arguments: [false, true])
  func `another decode engine takes the place of one that cannot be reached, under the same name`(
    together: Bool
  ) {
    let world = makeWorld(together: together)
    world.engines[2].stopListening()
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [1, 0, 0, 1])
    #expect(transfers(world.engines[3]) == transfers(world.engines[0]))
    world.world.run(for: .milliseconds(60))
    #expect(world.router.handleCounts.takenBack == 1 && world.router.handleCounts.consumed == 1)
    world.expectNothingLeft()
  }

  @Test func `a decode engine that breaks costs the name, which another gives back`() {
    let world = makeWorld()
    world.engines[2].script = { _ in [.reset] }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [1, 1, 1, 1])
    #expect(transfers(world.engines[0]) != transfers(world.engines[1]))
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1)
    #expect(
      world.releases.map { $0.value(of: "transfer_id") } == transfers(world.engines[0]))
  }

  @Test func `a client that leaves while prefill computes is outlived, and the name given back`() {
    let world = makeWorld()
    let client = world.begin(text)
    world.world.run(for: .milliseconds(20))
    client.hangUp(.close)
    world.world.run(for: .milliseconds(20))
    #expect(world.router.liveRequests == 1 && !world.hasLost(0, at: 0))
    world.expectAllGivenBack()
    #expect(world.engines.map(\.legs.count) == [1, 0, 0, 0])
    #expect(world.router.handleCounts.released == 1)
    #expect(
      world.releases.map { $0.value(of: "transfer_id") } == transfers(world.engines[0]))
  }

  @Test(arguments: [0, 1])
  func `of legs that left together the other is closed when one fails`(failing: Int) {
    let world = makeWorld(together: true)
    let place = failing == 0 ? 0 : 2
    world.engines[place].script = { _ in [.wait(.milliseconds(10)), .reset] }
    if failing == 0 { world.engines[2].script = { _ in [] } }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(25))
    #expect(world.hasLost(0, at: 0) && world.hasLost(0, at: 2))
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?.status == 200)
    #expect(world.engines.map(\.legs.count) == [1, 1, 1, 1])
    #expect(transfers(world.engines[0]) != transfers(world.engines[1]))
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1 && world.router.handleCounts.consumed == 1)
  }
}
