import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// Split requests of engines whose prefill writes to decode (NIXL push); worker 0 is prefill.
@Suite(.overBothProtocols) struct PushRequestTests {
  private let text = post("/v1/chat/completions", chatBody, "x-request-id: mine\r\n")

  private static let pushed = RouterWorld.answer(
    #"{"kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,"#
      + #""remote_block_ids":[[1]],"remote_engine_id":"e0","remote_request_id":"r0","#
      + #""remote_host":"h","remote_port":9,"transfer_mode":"push"}}"#)

  /// A world in which prefill takes 50 ms, and who it is was learned from one request.
  private func makeWorld(decode: Int = 1, together: Bool = true) -> RouterWorld {
    let world = makeSplitWorld(prefill: 1, decode: decode) {
      $0.connectorOptions.legsLeaveTogether = together
    }
    world.engines[0].script = { _ in [.wait(.milliseconds(50)), .send(Self.pushed)] }
    let first = world.begin(text)
    world.world.run(for: .milliseconds(40))
    #expect(world.engines.dropFirst().allSatisfy { $0.legs.isEmpty })
    #expect(world.awaitAnswers(1, first))
    first.hangUp(.close)
    world.world.run(for: .milliseconds(10))
    world.expectNothingLeft()
    return world
  }

  /// The second request's leg to `engine`.
  private func leg(_ engine: ScriptedEngine) -> ScriptedEngine.Request? { engine.legs.last }

  @Test func `once prefill is known the legs leave together, under a name of their own`() throws {
    let world = makeWorld()
    let client = world.begin(text)
    world.world.run(for: .milliseconds(20))
    #expect(world.engines.map(\.legs.count) == [2, 2])
    let (prefill, decode) = (world.engines[0].legs[1], world.engines[1].legs[1])
    let name = try #require(prefill.field("x-request-id"))
    #expect(name.hasPrefix("mine-r") && decode.field("x-request-id") == name)
    #expect(prefill.body.contains(#""do_remote_decode":true"#))
    #expect(decode.body.contains(#""do_remote_prefill":true"#))
    #expect(decode.value(of: "remote_engine_id") == "e0")
    #expect(decode.value(of: "remote_request_id") == name)
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?["x-request-id"] == "mine")
    world.world.run(for: .milliseconds(60))
    #expect(world.router.handleCounts.consumed == 2)
    world.expectNothingLeft()
  }

  @Test func `unless it is wished they leave in turn, under a name of their own all the same`() {
    let world = makeWorld(together: false)
    let client = world.begin(text)
    world.world.run(for: .milliseconds(40))
    #expect(world.engines.map(\.legs.count) == [2, 1])
    #expect(world.awaitAnswers(1, client))
    let names = world.engines.map { leg($0)?.field("x-request-id") ?? "" }
    #expect(names[0] == names[1] && names[0].hasPrefix("mine-r"))
    #expect(world.router.handleCounts.consumed == 2)
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1, 2])
  func `when prefill fails decode's leg is closed at once, and the client is answered`(
    manner: Int
  ) {
    let world = makeWorld()
    let failure: [Act] = [
      .reset, .send(RouterWorld.answer("{}", status: 500)), .send("junk\r\n\r\n"),
    ]
    world.engines[0].script = { _ in [.wait(.milliseconds(50)), failure[manner]] }
    world.engines[1].script = { request in
      request.body.contains("do_remote_prefill") ? [] : [.send(RouterWorld.ok)]
    }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(40))
    #expect(world.engines[1].legs.count == 2 && !world.hasLost(1, at: 1))
    world.world.run(for: .milliseconds(25))
    #expect(world.hasLost(1, at: 1) && world.engines[0].legs.count == 2)
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?.status == 200)
    #expect(leg(world.engines[1])?.body == chatBody)
    #expect(world.router.handleCounts.releasedBy[.decodeAbort] == 1)
    world.expectNothingLeft()
  }

  @Test(arguments: [false, true])
  func `prefill is not asked twice under one name, not even over a stale connection`(
    together: Bool
  ) {
    let world = makeWorld(together: together)
    // Known or not: who it was must be learned anew after its connection broke.
    let prefill = world.engines[0]
    prefill.script = { [unowned prefill] _ in
      prefill.legs.count == 2 ? [.reset] : [.send(Self.pushed)]
    }
    for number in 1...2 {
      #expect(world.fetch(text, within: .seconds(1)).map(\.status) == [200])
      #expect(world.engines[0].legs.count == 1 + number)
    }
    let names = world.engines[0].legs.map { $0.field("x-request-id") ?? "" }
    #expect(Set(names).count == 2 && names[0] == "mine")
    world.expectNothingLeft()
  }

  @Test func `a request that prefill refuses ends decode's leg, and prefill's words are told`() {
    let world = makeWorld()
    world.engines[0].script = { _ in
      [.wait(.milliseconds(50)), .send(RouterWorld.answer(#"{"no":1}"#, status: 400))]
    }
    world.engines[1].script = { _ in [] }
    let client = world.begin(text)
    #expect(world.awaitAnswers(1, client))
    #expect(world.answer(to: client)?.status == 400)
    #expect(world.answer(to: client)?.body == #"{"no":1}"#)
    world.world.run(for: .milliseconds(5))
    #expect(world.engines.map(\.legs.count) == [2, 2] && world.hasLost(1, at: 1))
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1])
  func `when decode fails prefill's leg is closed at once, and both are done anew`(manner: Int) {
    let world = makeWorld(decode: 2)
    let failure: Act = manner == 0 ? .reset : .send(RouterWorld.answer("{}", status: 503))
    // The second request's turn is the second decode engine's.
    world.engines[1].script = { _ in [.wait(.milliseconds(20)), .send(RouterWorld.ok)] }
    world.engines[2].script = { _ in [.wait(.milliseconds(10)), failure] }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(25))
    #expect(world.hasLost(1, at: 0))
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?.status == 200)
    let names = world.engines[0].legs.map { $0.field("x-request-id") ?? "" }
    #expect(Set(names).count == 3 && world.engines[1].legs.last?.field("x-request-id") == names[2])
    world.expectAllGivenBack(within: .seconds(32))
    #expect(world.router.handleCounts.consumed == 2)
    // What a lost decode engine may have been written is not attached again.
    #expect(world.releases.count == manner)
  }

  @Test func `a client that leaves is outlived until prefill has written`() {
    let world = makeWorld()
    world.engines[1].script = { request in
      request.head[0].hasPrefix("GET") ? [.send(RouterWorld.ok)] : []
    }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(20))
    client.hangUp(.close)
    world.world.run(for: .milliseconds(100))
    #expect(world.router.liveRequests == 1 && !world.hasLost(1, at: 1) && !world.hasLost(1, at: 0))
    world.world.run(for: .milliseconds(160))
    #expect(world.hasLost(1, at: 1) && !world.hasLost(1, at: 0))
    #expect(world.records.map(\.outcome) == [.completed, .clientGone])
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.releasedBy[.decodeAbort] == 1)
  }

  @Test(arguments: [400, 503])
  func `what decode refuses of a client that is gone is not released by that`(status: Int) {
    let world = makeWorld(decode: 2, together: false)
    world.engines[2].script = { request in
      guard !request.isRelease else { return [.send(RouterWorld.ok)] }
      return [.wait(.milliseconds(20)), .send(RouterWorld.answer("{}", status: status))]
    }
    let client = world.begin(text)
    _ = world.world.run(within: .seconds(1)) { world.engines[2].legs.count == 1 }
    client.hangUp(.close)
    world.world.run(for: .milliseconds(50))
    #expect(world.router.handleCounts.released == 0 && world.router.liveHandles == 1)
    world.expectAllGivenBack()
    let released = world.router.handleCounts.releasedBy
    #expect(released[.droppedRequest] == 1)
    #expect(released[.decodeAbort] == 0 && released[.decodeRejection] == 0)
  }

  @Test func `a router that stops does not wait for prefill to write`() {
    let world = makeWorld()
    world.engines[1].script = { _ in [] }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(20))
    client.hangUp(.close)
    world.world.run(for: .milliseconds(10))
    world.router.abort()
    world.world.run(for: .milliseconds(10))
    #expect(world.router.liveRequests == 0 && world.hasLost(1, at: 1) && world.hasLost(1, at: 0))
    world.expectNothingLeft()
  }

  @Test func `what decode refuses is attached elsewhere, since a refusal frees nothing`() {
    let world = makeWorld(decode: 2, together: false)
    world.engines[2].script = { request in
      [.send(request.isRelease ? RouterWorld.ok : RouterWorld.answer("{}", status: 400))]
    }
    #expect(world.fetch(text).map(\.status) == [400])
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.releasedBy[.droppedRequest] == 1)
    let name = leg(world.engines[0])?.field("x-request-id")
    #expect(world.releases.map { $0.field("x-request-id") } == [name])
  }
}
