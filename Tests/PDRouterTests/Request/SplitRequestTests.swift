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
@Suite(.overBothProtocols) struct SplitRequestTests {
  private let text = post("/v1/chat/completions", chatBody)
  private static let token = #"data: {"choices":[{"delta":{"content":"a"}}]}"# + "\n\n"

  @Test func `both legs are served and the handle is consumed`() {
    let world = makeSplitWorld()
    let answer = world.fetch(text)[0]
    #expect(answer.status == 200 && answer.body == "ok")
    #expect(world.engines.map(\.requests.count) == [1, 0, 1, 0])
    #expect(SplitWorld.origin(world.engines[2].requests[0]) == 0)
    #expect(world.router.handleCounts.consumed == 1)
    #expect(world.records[0].handleOutcome.description == "consumed")
    world.expectNothingLeft()
  }

  @Test func `a prefill engine that fails is replaced, and its handle abandoned`() {
    for acts in [
      [Act.reset], [.send(RouterWorld.answer("{}", status: 503))], [.send("junk\r\n\r\n")],
    ] {
      let world = makeSplitWorld()
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
    let broken = makeSplitWorld()
    broken.engines[0].script = { _ in [.send(RouterWorld.answer("not JSON"))] }
    #expect(broken.fetch(text).map(\.status) == [200])
    #expect(broken.router.handleCounts.abandoned == 1)
    broken.expectNothingLeft()
    let empty = makeSplitWorld()
    empty.engines[0].script = { _ in [.send(RouterWorld.answer("{}"))] }
    #expect(empty.fetch(text).map(\.status) == [200])
    #expect(empty.router.handleCounts.empty == 1)
    #expect(empty.engines[2].requests[0].body == chatBody)
    empty.expectNothingLeft()
  }

  @Test func `prefill's refusal of the request is the client's answer`() {
    let world = makeSplitWorld()
    world.engines[0].script = { _ in
      [.send(RouterWorld.answer("{\"detail\":1}", status: 422, "Retry-After: 3\r\n"))]
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 422 && answer.body == "{\"detail\":1}" && answer["retry-after"] == "3")
    #expect(world.engines.map(\.requests.count) == [1, 0, 0, 0])
    world.expectNothingLeft()
  }

  @Test func `a prefill answer that redirects is told as a malformed answer, not passed on`() {
    let world = makeSplitWorld()
    for number in 0...1 {
      world.engines[number].script = { _ in [.send(RouterWorld.answer("", status: 302))] }
    }
    for number in 2...3 { world.engines[number].stopListening() }
    #expect(world.fetch(text).map(\.status) == [502])
    world.expectNothingLeft()
  }

  @Test func `a decode engine that cannot be reached is replaced with the same handle`() {
    let world = makeSplitWorld()
    world.engines[2].stopListening()
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.requests.count) == [1, 0, 0, 1])
    #expect(SplitWorld.origin(world.engines[3].requests[0]) == 0)
    let counts = world.router.handleCounts
    #expect(counts.begun == 1 && counts.takenBack == 1 && counts.consumed == 1)
    #expect(world.records[0].attempts == 2)
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1, 2])
  func `a decode engine that fails after it was reached costs the handle, and both legs are redone`(
    manner: Int
  ) {
    let world = makeSplitWorld()
    let acts: [Act] =
      switch manner {
      case 0: [.reset]
      case 1: [.send(RouterWorld.answer("{}", status: 500))]
      default: [.send(RouterWorld.answer("{}", status: 503))]
      }
    world.engines[2].script = { _ in acts }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.engines.map(\.legs.count) == [1, 1, 1, 1])
    #expect(SplitWorld.origin(world.engines[2].legs[0]) == 0)
    #expect(SplitWorld.origin(world.engines[3].legs[0]) == 1)
    world.expectAllGivenBack()
    let counts = world.router.handleCounts
    #expect(counts.consumed == 1 && counts.released == 1)
    #expect(world.releases.map(SplitWorld.origin).allSatisfy { $0 == 0 })
  }

  @Test func `a handle never reaches two decode schedulers, not even over a stale connection`() {
    let world = makeSplitWorld()
    world.engines[2].script = { $0.number == 0 ? [.send(RouterWorld.ok)] : [.reset] }
    world.engines[3].script = { _ in [.send(RouterWorld.ok)] }
    for _ in 0..<4 { #expect(world.fetch(text, within: .seconds(1)).map(\.status) == [200]) }
    let decoded = world.engines[2].legs.count + world.engines[3].legs.count
    #expect(decoded == world.router.handleCounts.dispatched)
    #expect(world.router.handleCounts.takenBack == 0)
    world.expectAllGivenBack()
  }

  @Test func `decode's refusal is the client's answer and releases the handle`() {
    let world = makeSplitWorld()
    world.engines[2].script = { _ in [.send(RouterWorld.answer("{}", status: 400))] }
    #expect(world.fetch(text).map(\.status) == [400])
    #expect(world.engines.map(\.legs.count) == [1, 0, 1, 0])
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1)
  }

  @Test func `with no decode engine in reach the handle is left to its lease`() {
    let world = makeSplitWorld { $0.retries.attempts = 2 }
    for number in 2...3 { world.engines[number].stopListening() }
    #expect(world.fetch(text).map(\.status) == [502])
    #expect(world.records[0].handleOutcome.description == "releasing")
    world.expectAllGivenBack(within: .seconds(32))
    #expect(world.router.handleCounts.expired == 1 && world.router.handleCounts.takenBack == 1)
  }

  @Test func `without a prefill engine a decode engine serves the whole request`() {
    let world = makeSplitWorld()
    for number in 0...1 { world.engines[number].stopListening() }
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.records[0].reason.description == "no_prefill_worker")
    #expect(world.router.handleCounts.abandoned == 2)
    let served = world.engines[2].requests + world.engines[3].requests
    #expect(served.map(\.body) == [chatBody])
    world.expectNothingLeft()
  }

  @Test func `a lease that ran out while decode was sought is a new prefill`() {
    let world = makeSplitWorld { $0.timeouts.connect = .seconds(28) }
    world.world.host(named: "w2")?.crash(leaving: .silence)
    let answers = world.fetch(text, within: .seconds(60))
    #expect(answers.map(\.status) == [200])
    #expect(world.router.handleCounts.expired == 1 && world.router.handleCounts.consumed == 1)
    #expect(world.engines.map(\.requests.count) == [1, 1, 0, 1])
    world.expectNothingLeft()
  }

  @Test(arguments: [1, 2])
  func `a client that leaves ends its decode leg at once, and its handle`(stage: Int) {
    let world = makeSplitWorld()
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    world.engines[2].script = { _ in stage == 1 ? [] : [.send(head + Self.token)] }
    _ = world.client(.text(text), .wait(.seconds(1)), .hangUp(.close))
    world.world.run(for: .seconds(1) + .milliseconds(50))
    #expect(world.records.map(\.outcome) == [.clientGone])
    #expect(world.engines[2].connections[0].closedAt != nil)
    world.expectAllGivenBack()
    let counts = world.router.handleCounts
    #expect([counts.abandoned, counts.released, counts.consumed][stage] == 1)
  }

  @Test func `prefill's load ends with the first token, decode's with the last`() {
    let world = makeSplitWorld()
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
        world.engines[number].script = { _ in [.send(SplitWorld.prefilled(number))] }
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
