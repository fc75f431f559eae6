import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// Split requests on their unhappy ways: what is tried again, where, and what is told in the end.
@Suite(.overBothProtocols) struct SplitRequestFailureTests {
  private let text = post("/v1/chat/completions", chatBody)
  /// A prompt of more than one step of a prefill engine (2,048 tokens, guessed from 4 bytes each).
  private let longText = post(
    "/v1/chat/completions",
    chatBody.components(by: "Hi there").joined(separator: String(repeating: "long ", count: 2_000)))

  @Test func `when every prefill engine is busy its own answer reaches the client`() {
    let world = makeSplitWorld(prefill: 3, decode: 1) { $0.retries.attempts = 3 }
    for number in 0...2 {
      let busy = RouterWorld.answer("{\"busy\":\(number)}", status: 503, "Retry-After: 7\r\n")
      world.engines[number].script = { _ in [.send(busy)] }
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 503 && answer["retry-after"] == "7")
    #expect(answer.body == "{\"busy\":2}" && answer["content-length"] == "10")
    #expect(world.engines.map(\.requests.count) == [1, 1, 1, 0])
    #expect(world.records[0].attempts == 3 && world.router.handleCounts.abandoned == 3)
    world.expectNothingLeft()
  }

  @Test func `when busy prefill engines run out a decode engine serves the whole request`() {
    let world = makeSplitWorld()
    for number in 0...1 {
      world.engines[number].script = { _ in [.send(RouterWorld.answer("{}", status: 503))] }
    }
    #expect(world.fetch(text).map(\.status) == [200])
    let served = world.engines[2].requests + world.engines[3].requests
    #expect(served.map(\.body) == [chatBody])
    world.expectNothingLeft()
  }

  @Test func `a client that leaves a short prefill lets it end, and its handle is given back`() {
    let world = makeSplitWorld()
    world.engines[0].script = { _ in
      [.wait(.seconds(2)), .send(SplitWorld.prefilled(0))]
    }
    _ = world.client(.text(text), .wait(.seconds(1)), .hangUp(.close))
    world.world.run(for: .milliseconds(1_500))
    #expect(world.engines[0].openCount == 1 && world.router.liveRequests == 1)
    #expect(world.records.isEmpty)
    world.world.run(for: .milliseconds(600))
    #expect(world.records.map(\.outcome) == [.clientGone])
    #expect(world.records[0].handleOutcome.description == "releasing")
    world.expectAllGivenBack()
    #expect(world.engines.map(\.legs.count) == [1, 0, 0, 0])
    #expect(!world.releases.isEmpty && world.releases.allSatisfy { SplitWorld.origin($0) == 0 })
    #expect(world.router.handleCounts.released == 1)
  }

  @Test(arguments: [0, 1, 2, 3])
  func `a short prefill that fails after its client left is forgotten, with nothing to give back`(
    manner: Int
  ) {
    let world = makeSplitWorld()
    let acts: [[Act]] = [
      [.reset], [.send(RouterWorld.answer("{}", status: 400))],
      [.send(RouterWorld.answer("{}", status: 503))], [.send("junk\r\n\r\n")],
    ]
    world.engines[0].script = { _ in [.wait(.seconds(2))] + acts[manner] }
    _ = world.client(.text(text), .wait(.seconds(1)), .hangUp(.close))
    world.world.run(for: .milliseconds(2_200))
    #expect(world.records.map(\.outcome) == [.clientGone])
    #expect(world.router.handleCounts.abandoned == 1)
    #expect(world.engines.map(\.requests.count) == [1, 0, 0, 0])
    world.expectNothingLeft()
  }

  @Test func `a short prefill that keeps nothing after its client left ends empty`() {
    let world = makeSplitWorld()
    world.engines[0].script = { _ in [.wait(.seconds(2)), .send(RouterWorld.answer("{}"))] }
    _ = world.client(.text(text), .wait(.seconds(1)), .hangUp(.close))
    world.world.run(for: .milliseconds(2_200))
    #expect(world.router.handleCounts.empty == 1 && world.releases.isEmpty)
    world.expectNothingLeft()
  }

  @Test func `a prefill that never answers does not keep a request whose client left for ever`() {
    let world = makeSplitWorld { $0.timeouts.unwinding = .seconds(10) }
    world.engines[0].script = { _ in [] }
    _ = world.client(.text(text), .wait(.seconds(1)), .hangUp(.close))
    world.world.run(for: .milliseconds(10_900))
    #expect(world.router.liveRequests == 1 && world.engines[0].openCount == 1)
    world.world.run(for: .milliseconds(200))
    #expect(world.records.map(\.outcome) == [.clientGone])
    #expect(world.engines[0].openCount == 0 && world.router.handleCounts.abandoned == 1)
    #expect(world.engines.map(\.requests.count) == [1, 0, 0, 0])
    world.expectNothingLeft()
  }

  @Test func `a client that leaves a long prefill ends its leg at once`() {
    let world = makeSplitWorld()
    world.engines[0].script = { _ in [.wait(.seconds(2)), .send(SplitWorld.prefilled(0))] }
    _ = world.client(.text(longText), .wait(.seconds(1)), .hangUp(.close))
    world.world.run(for: .milliseconds(1_050))
    #expect(world.records.map(\.outcome) == [.clientGone])
    #expect(world.engines[0].openCount == 0 && world.router.handleCounts.abandoned == 1)
    world.world.run(for: .seconds(2))
    #expect(world.engines.map(\.requests.count) == [1, 0, 0, 0])
    world.expectNothingLeft()
  }

  @Test func `a decode engine's 500 to a handle speaks against its prefill engine first`() {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    world.engines[1].script = { request in
      SplitWorld.origin(request) == nil || request.isRelease
        ? [.send(RouterWorld.ok)] : [.send(RouterWorld.answer("{}", status: 500))]
    }
    #expect(world.fetch(text).map(\.status) == [200])
    // The same decode engine does it alone: only prefill is avoided.
    #expect(world.engines.map(\.legs.count) == [1, 2])
    #expect(world.engines[1].legs.map(SplitWorld.origin) == [0, nil])
    #expect(world.records[0].reason.description == "no_prefill_worker")
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1)
  }

  @Test func `a decode engine that is full is avoided, its prefill engine is not`() {
    let world = makeSplitWorld(prefill: 1, decode: 2)
    world.engines[1].script = { _ in [.send(RouterWorld.answer("{}", status: 503))] }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [2, 1, 1])
    #expect(SplitWorld.origin(world.engines[2].legs[0]) == 0)
    world.expectAllGivenBack()
  }

  @Test func `a prefill engine that does not answer in time is replaced`() {
    let world = makeSplitWorld { $0.timeouts.prefill = .seconds(2) }
    world.engines[0].script = { _ in [.wait(.seconds(10)), .send(SplitWorld.prefilled(0))] }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.requests.count) == [1, 1, 0, 1])
    #expect(SplitWorld.origin(world.engines[3].requests[0]) == 1)
    #expect(world.engines[0].openCount == 0)
    #expect(world.records[0].attempts == 2 && world.router.handleCounts.abandoned == 1)
    world.expectNothingLeft()
  }

  @Test func `after a prefill in time the request's own deadline counts, not prefill's`() {
    let world = makeSplitWorld {
      $0.timeouts.prefill = .seconds(2)
      $0.timeouts.request = .seconds(5)
    }
    world.engines[2].script = { _ in [.wait(.seconds(4)), .send(RouterWorld.ok)] }
    #expect(world.fetch(text, within: .seconds(6)).map(\.status) == [200])
    world.engines[2].script = { _ in [.send(RouterWorld.ok)] }
    world.engines[3].script = { _ in [] }
    #expect(world.fetch(text, within: .seconds(6)).map(\.status) == [504])
    #expect(world.records[1].endedAt - world.records[1].receivedAt < .milliseconds(5_050))
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.consumed == 1 && world.router.handleCounts.released == 1)
  }

  @Test(arguments: [(KVConnectorName.nixl, true), (.mooncake, false)])
  func `a second attempt has an id of its own only where engines pair by it`(
    connector: KVConnectorName, pairsByID: Bool
  ) {
    let world = makeSplitWorld { $0.connector = connector }
    if !pairsByID { world.introducePrefills() }
    world.engines[0].script = { _ in [.send(RouterWorld.answer("{}", status: 503))] }
    let named = post("/v1/chat/completions", chatBody, "x-request-id: mine\r\n")
    let answer = world.fetch(named)[0]
    #expect(answer.status == 200 && answer["x-request-id"] == "mine")
    #expect(world.engines[0].requests.map { $0.field("x-request-id") } == ["mine"])
    let second = world.engines[1].requests[0].field("x-request-id") ?? ""
    #expect(pairsByID ? second.hasPrefix("mine-r") && second.utf8.count > 6 : second == "mine")
    let decoded = world.engines[2].legs + world.engines[3].legs
    #expect(decoded.map { $0.field("x-request-id") } == [second])
    #expect(world.requestIDs == ["mine"])
    world.expectNothingLeft()
  }
}
