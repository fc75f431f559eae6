import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// Requests split into prefill and decode: what becomes of their handles when things go wrong.
///
/// Workers 0 and 1 are prefill, 2 and 3 decode; round robin begins with the first of each.
struct SplitRequestTests {
  private let text = post("/v1/chat/completions", chatBody)
  private static let token = #"data: {"choices":[{"delta":{"content":"a"}}]}"# + "\n\n"

  /// A prefill answer whose parameters name the engine and the request's number there.
  private static func parameters(_ engine: Int, _ number: Int = 0) -> String {
    #"{"do_remote_prefill":true,"remote_engine_id":"e\#(engine)","remote_request_id":"r\#(number)","#
      + #""remote_host":"h","remote_port":5600,"remote_block_ids":[1,2]}"#
  }

  private static func prefilled(_ engine: Int) -> String {
    RouterWorld.answer(#"{"kv_transfer_params":\#(parameters(engine))}"#)
  }

  private func makeWorld(
    _ configure: (inout RouterConfiguration) -> Void = { _ in }
  ) -> RouterWorld {
    let world = RouterWorld([.prefill, .prefill, .decode, .decode], configure: configure)
    for number in 0...1 {
      world.engines[number].script = { _ in [.send(SplitRequestTests.prefilled(number))] }
    }
    return world
  }

  /// Which engine's parameters a decode request carries.
  private func origin(_ request: ScriptedEngine.Request) -> Int? {
    (0...1).first { request.body.contains(#""kv_transfer_params":\#(Self.parameters($0))"#) }
  }

  @Test func `both legs are served and the handle is consumed`() {
    let world = makeWorld()
    let answer = world.fetch(text)[0]
    #expect(answer.status == 200 && answer.body == "ok")
    #expect(world.engines.map(\.requests.count) == [1, 0, 1, 0])
    #expect(origin(world.engines[2].requests[0]) == 0)
    #expect(world.router.handleCounts.consumed == 1)
    #expect(world.records[0].handleOutcome.description == "consumed")
    world.expectNothingLeft()
  }

  @Test func `a prefill engine that fails is replaced, and its handle abandoned`() {
    for acts in [
      [Act.reset], [.send(RouterWorld.answer("{}", status: 503))], [.send("junk\r\n\r\n")],
    ] {
      let world = makeWorld()
      world.engines[0].script = { _ in acts }
      #expect(world.fetch(text).map(\.status) == [200])
      #expect(world.engines.map(\.requests.count) == [1, 1, 0, 1])
      #expect(world.router.handleCounts.abandoned == 1 && world.router.handleCounts.consumed == 1)
      #expect(world.records[0].attempts == 2)
      world.expectNothingLeft()
    }
  }

  @Test
  func `a prefill answer that is no JSON is a failure, one without parameters an empty handle`() {
    let broken = makeWorld()
    broken.engines[0].script = { _ in [.send(RouterWorld.answer("not JSON"))] }
    #expect(broken.fetch(text).map(\.status) == [200])
    #expect(broken.router.handleCounts.abandoned == 1)
    broken.expectNothingLeft()
    let empty = makeWorld()
    empty.engines[0].script = { _ in [.send(RouterWorld.answer("{}"))] }
    #expect(empty.fetch(text).map(\.status) == [200])
    #expect(empty.router.handleCounts.empty == 1)
    #expect(empty.engines[2].requests[0].body == chatBody)
    empty.expectNothingLeft()
  }

  @Test func `prefill's refusal of the request is the client's answer`() {
    let world = makeWorld()
    world.engines[0].script = { _ in
      [.send(RouterWorld.answer("{\"detail\":1}", status: 422, "Retry-After: 3\r\n"))]
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 422 && answer.body == "{\"detail\":1}" && answer["retry-after"] == "3")
    #expect(world.engines.map(\.requests.count) == [1, 0, 0, 0])
    world.expectNothingLeft()
  }

  @Test func `a prefill answer that redirects is told as a malformed answer, not passed on`() {
    let world = makeWorld()
    for number in 0...1 {
      world.engines[number].script = { _ in [.send(RouterWorld.answer("", status: 302))] }
    }
    for number in 2...3 { world.engines[number].stopListening() }
    #expect(world.fetch(text).map(\.status) == [502])
    world.expectNothingLeft()
  }

  @Test func `a decode engine that cannot be reached is replaced with the same handle`() {
    let world = makeWorld()
    world.engines[2].stopListening()
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.requests.count) == [1, 0, 0, 1])
    #expect(origin(world.engines[3].requests[0]) == 0)
    let counts = world.router.handleCounts
    #expect(counts.begun == 1 && counts.takenBack == 1 && counts.consumed == 1)
    #expect(world.records[0].attempts == 2)
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1])
  func `a decode engine that fails after it was reached costs the handle, and both legs are redone`(
    manner: Int
  ) {
    let world = makeWorld()
    let acts: [Act] = manner == 0 ? [.reset] : [.send(RouterWorld.answer("{}", status: 500))]
    world.engines[2].script = { _ in acts }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.requests.count) == [1, 1, 1, 1])
    #expect(origin(world.engines[2].requests[0]) == 0)
    #expect(origin(world.engines[3].requests[0]) == 1)
    #expect(world.router.handleCounts.spent == 1 && world.router.handleCounts.consumed == 1)
    world.expectNothingLeft()
  }

  @Test func `a handle never reaches two decode schedulers, not even over a stale connection`() {
    let world = makeWorld()
    world.engines[2].script = { $0.number == 0 ? [.send(RouterWorld.ok)] : [.reset] }
    world.engines[3].script = { _ in [.send(RouterWorld.ok)] }
    for _ in 0..<4 { #expect(world.fetch(text, within: .seconds(1)).map(\.status) == [200]) }
    let decoded = world.engines[2].requests.count + world.engines[3].requests.count
    #expect(decoded == world.router.handleCounts.dispatched)
    #expect(world.router.handleCounts.takenBack == 0)
    world.expectNothingLeft()
  }

  @Test func `decode's refusal is the client's answer and releases the handle`() {
    let world = makeWorld()
    world.engines[2].script = { _ in [.send(RouterWorld.answer("{}", status: 400))] }
    #expect(world.fetch(text).map(\.status) == [400])
    #expect(world.router.handleCounts.released == 1)
    #expect(world.engines.map(\.requests.count) == [1, 0, 1, 0])
    world.expectNothingLeft()
  }

  @Test func `with no decode engine in reach the handle is left to its lease`() {
    let world = makeWorld()
    for number in 2...3 { world.engines[number].stopListening() }
    #expect(world.fetch(text).map(\.status) == [502])
    #expect(world.router.handleCounts.expired == 1 && world.router.handleCounts.takenBack == 2)
    world.expectNothingLeft()
  }

  @Test func `without a prefill engine a decode engine serves the whole request`() {
    let world = makeWorld()
    for number in 0...1 { world.engines[number].stopListening() }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.records[0].reason.description == "no_prefill_worker")
    #expect(world.router.handleCounts.abandoned == 2)
    let served = world.engines[2].requests + world.engines[3].requests
    #expect(served.map(\.body) == [chatBody])
    world.expectNothingLeft()
  }

  @Test func `a lease that ran out while decode was sought is a new prefill`() {
    let world = makeWorld { $0.timeouts.connect = .seconds(28) }
    world.world.host(named: "w2")?.crash(leaving: .silence)
    let answers = world.fetch(text, within: .seconds(60))
    #expect(answers.map(\.status) == [200])
    #expect(world.router.handleCounts.expired == 1 && world.router.handleCounts.consumed == 1)
    #expect(world.engines.map(\.requests.count) == [1, 1, 0, 1])
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1, 2])
  func `a client that leaves ends both legs and its handle, wherever it is`(stage: Int) {
    let world = makeWorld()
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    if stage == 0 { world.engines[0].script = { _ in [] } }
    world.engines[2].script = { _ in stage == 1 ? [] : [.send(head + SplitRequestTests.token)] }
    _ = world.client(.text(text), .wait(.seconds(1)), .hangUp(.close))
    world.world.run(for: .seconds(1) + .milliseconds(50))
    #expect(world.records.map(\.outcome) == [.clientGone])
    let counts = world.router.handleCounts
    #expect([counts.abandoned, counts.released, counts.consumed][stage] == 1)
    for engine in world.engines {
      #expect(engine.connections.allSatisfy { $0.closedAt != nil } || engine === world.engines[0])
    }
    if stage == 0 { #expect(world.engines[0].openCount == 0) }
    world.expectNothingLeft()
  }

  @Test func `prefill's load ends with the first token, decode's with the last`() {
    let world = makeWorld()
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    world.engines[2].script = { _ in
      [.send(head + Self.token), .wait(.seconds(1)), .send("data: [DONE]\n\n"), .closeAfterFlush]
    }
    let client = world.client(.text(text))
    world.world.run(for: .milliseconds(200))
    #expect(world.registry.workers.map(\.requestsInFlight) == [0, 0, 1, 0])
    world.awaitAnswers(1, client)
    let record = world.records[0]
    #expect(record.tokenEvents == 1 && record.firstTokenAt.map { $0 < record.endedAt } == true)
    world.expectNothingLeft()
  }

  @Test func `under a rough network every request is answered once or cut, and nothing is left`() {
    for seed in 0..<UInt64(40) {
      var rough = NetworkConditions.rough
      rough.refusalChance = 0.1
      rough.resetChance = 0.02
      let world = RouterWorld(
        [.prefill, .prefill, .decode, .decode], seed: seed, conditions: rough)
      for number in 0...1 {
        world.engines[number].script = { _ in [.send(SplitRequestTests.prefilled(number))] }
      }
      let clients = (0..<10).map { number in
        world.client(
          .wait(.milliseconds(Int64(number) * 7)), .text(text), .awaitBytes(Array("ok".utf8)),
          .text(text))
      }
      world.world.run(for: .seconds(30))
      for client in clients {
        let answers = HTTPAnswer.all(in: client.record.bytes)
        #expect(answers.count <= 2)
        for answer in answers where answer.isComplete {
          #expect(answer.status == 200 ? answer.body == "ok" : answer.isErrorObject)
        }
      }
      world.expectNothingLeft()
    }
  }
}
