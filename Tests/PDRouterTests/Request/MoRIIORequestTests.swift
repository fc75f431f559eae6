import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Split requests over MoRIIO in WRITE mode. Worker 0 is prefill, 1 and 2 decode.
@Suite(.overBothProtocols) struct MoRIIORequestTests {
  private let text = post("/v1/chat/completions", chatBody, "x-request-id: mine\r\n")

  private func makeWorld(labelled: Set<Int> = [0, 1, 2]) -> RouterWorld {
    let details = labelled.map { ($0, WorkerDetails(labels: ["zmq_address": "z\($0):70"])) }
    let world = makeSplitWorld(
      prefill: 1, decode: 2, details: Dictionary(uniqueKeysWithValues: details)
    ) {
      $0.connector = .moriio
      $0.connectorOptions.moriioWrites = true
    }
    world.engines[0].script = { _ in
      [.wait(.milliseconds(50)), .send(RouterWorld.answer(#"{"kv_transfer_params":null}"#))]
    }
    return world
  }

  private func names(_ engine: ScriptedEngine) -> [String] {
    engine.legs.map { $0.field("x-request-id") ?? "" }
  }

  @Test func `the legs leave together under an id that names both message sockets`() {
    let world = makeWorld()
    let client = world.begin(text)
    world.world.run(for: .milliseconds(20))
    #expect(world.engines.map(\.legs.count) == [1, 1, 0])
    let name = names(world.engines[0])[0]
    #expect(name.hasPrefix("___prefill_addr_z0:70___decode_addr_z1:70_"))
    #expect(names(world.engines[1]) == [name])
    let transfers = world.engines.prefix(2).map { $0.legs[0].value(of: "transfer_id") ?? "" }
    #expect(transfers[0] == transfers[1] && transfers[0].hasPrefix("tx-"))
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?["x-request-id"] == "mine")
    world.world.run(for: .milliseconds(60))
    #expect(world.router.handleCounts.consumed == 1)
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1])
  func `without the address of one of them decode serves the whole`(unlabelled: Int) {
    let world = makeWorld(labelled: Set(0...2).subtracting([unlabelled]))
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [0, 1, 0])
    #expect(world.engines[1].legs[0].body == chatBody && names(world.engines[1]) == ["mine"])
    #expect(world.records[0].reason.description == "pair_not_ready")
    world.expectNothingLeft()
  }

  @Test func `a prefill that breaks is given back under the id that names both sockets`() throws {
    let world = makeWorld()
    world.engines[0].script = { _ in [.wait(.milliseconds(10)), .reset] }
    world.engines[1].script = { request in request.isRelease ? [.send(RouterWorld.ok)] : [] }
    let client = world.begin(text)
    #expect(world.awaitAnswers(1, client) && world.answer(to: client)?.status == 200)
    #expect(world.hasLost(0, at: 1))
    world.expectAllGivenBack()
    let release = try #require(world.releases.first)
    #expect(release.field("x-request-id") == names(world.engines[0])[0])
    #expect(
      release.value(of: "transfer_id") == world.engines[0].legs[0].value(of: "transfer_id"))
    #expect(world.router.handleCounts.released == 1 && world.router.handleCounts.abandoned == 0)
  }

  @Test func `prefill is not asked twice under one name, not even over a stale connection`() {
    let world = makeWorld()
    // Prefill's connection is kept, since its answer comes before the request's end.
    for number in 1...2 {
      world.engines[number].script = { _ in [.wait(.milliseconds(80)), .send(RouterWorld.ok)] }
    }
    #expect(world.fetch(text).map(\.status) == [200])
    world.engines[0].script = { _ in [.reset] }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines[0].legs.count == 2 && Set(names(world.engines[0])).count == 2)
    world.expectAllGivenBack()
  }

  @Test(arguments: [
    (#"data: {"error":{"message":"no","code":500}}"# + "\n\ndata: [DONE]\n\n", true, 10),
    (#"data: {"error":{"message":"no","code":500}}"# + "\n\ndata: [DONE]\n\n", true, 40),
    (#"{"choices":[{"text":"","finish_reason":"abort"}]}"#, false, 40),
    (#"data: {"choices":[{"text":"a"}]}"# + "\n\ndata: [DONE]\n\n", true, 40),
  ])
  func `what decode fails to use of a client that is gone is given back`(
    answer: String, streams: Bool, leave: Int
  ) {
    let world = makeWorld()
    let type = streams ? "text/event-stream" : "application/json"
    let failed = RouterWorld.answer(answer, "content-type: \(type)\r\n")
    let end = failed.count - answer.count
    world.engines[1].script = { _ in
      [
        .wait(.milliseconds(20)), .send(String(failed.prefix(end))), .wait(.milliseconds(50)),
        .send(answer),
      ]
    }
    let client = world.begin(text)
    world.world.run(for: .milliseconds(leave))
    client.hangUp(.close)
    world.expectAllGivenBack()
    let isUsed = answer.contains(#""a""#)
    let released = world.router.handleCounts.releasedBy
    #expect(released[.decodeAbort] == (isUsed ? 1 : 0))
    #expect(world.releases.count == (isUsed ? 0 : 1) && world.router.handleCounts.released == 1)
  }

  @Test func `when decode cannot be reached prefill is asked anew for another one`() throws {
    let world = makeWorld()
    world.engines[1].stopListening()
    #expect(world.fetch(text).map(\.status) == [200])
    let asked = try #require(names(world.engines[0]).last)
    #expect(asked.contains("___decode_addr_z2:70_") && names(world.engines[2]) == [asked])
    #expect(world.records[0].attempts == 2)
    let counts = world.router.handleCounts
    #expect(counts.begun == 2 && counts.takenBack == 0 && counts.consumed == 1)
    world.expectAllGivenBack()
  }
}
