import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// What takes too long: who is tried instead, and what the client is told.
struct TimeoutTests {
  private let text = post("/v1/completions", #"{"prompt":"x"}"#)
  private let chat = post("/v1/chat/completions", chatBody)
  private let streamHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

  private func event(_ text: String) -> String {
    let event = "data: {\"choices\":[{\"text\":\"\(text)\"}]}\n\n"
    return String(event.utf8.count, radix: 16) + "\r\n\(event)\r\n"
  }

  @Test func `a worker that cannot be connected to in time is replaced by the next`() {
    let world = RouterWorld([.both, .both]) { $0.timeouts.connect = .seconds(2) }
    world.world.partition(world.routerHost, world.engineHosts[0])
    #expect(world.fetch(text).map(\.status) == [200])
    #expect(world.duration() >= .seconds(2) && world.duration() < .milliseconds(2_020))
    world.expectNothingLeft()
  }

  @Test func `when no worker can be connected to in time the client is told so`() {
    let world = RouterWorld([.both, .both]) {
      $0.timeouts.connect = .seconds(1)
      $0.retries.attempts = 2
    }
    for host in world.engineHosts { world.world.partition(world.routerHost, host) }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 504 && answer.body.contains("\"code\":\"connect_timeout\""))
    #expect(world.duration() >= .seconds(2) && world.duration() < .milliseconds(2_020))
    world.expectNothingLeft()
  }

  @Test func `an engine that does not begin its answer in time is cut, then another one asked`() {
    let world = RouterWorld([.both, .both]) { $0.timeouts.firstByte = .seconds(2) }
    world.engines[0].script = { _ in [.wait(.seconds(9)), .send(RouterWorld.ok)] }
    var wasCut = false
    world.engines[1].script = { _ in
      wasCut = world.engines[0].connections[0].closedAt != nil
      return [.send(RouterWorld.answer("second"))]
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 200 && answer.body == "second" && wasCut)
    #expect(world.duration() > .seconds(2) && world.duration() < .milliseconds(2_080))
    #expect(world.registry.workers.map(\.failedRequests) == [1, 0])
    world.expectNothingLeft()
  }

  @Test func `one attempt is one generation, and a 504 that says what was waited for`() {
    let world = RouterWorld([.both, .both]) {
      $0.timeouts.firstByte = .seconds(2)
      $0.retries.attempts = 1
    }
    for engine in world.engines { engine.script = { _ in [] } }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 504 && answer.body.contains("\"code\":\"first_byte_timeout\""))
    #expect(answer.body.contains("within 2 s"))
    #expect(world.engines.map(\.requests.count) == [1, 0])
    #expect(world.duration() >= .seconds(2) && world.duration() < .milliseconds(2_010))
    world.expectNothingLeft()
  }

  @Test func `what may not be done twice is not, when its engine is slow`() {
    let world = RouterWorld([.both, .both]) { $0.timeouts.firstByte = .seconds(1) }
    for engine in world.engines { engine.script = { _ in [] } }
    let answer = world.fetch(get("/other", method: "PUT"))[0]
    #expect(answer.status == 504 && world.engines.map(\.requests.count) == [1, 0])
    world.expectNothingLeft()
  }

  @Test func `without a limit an engine may take its time to begin`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.wait(.seconds(1_000)), .send(RouterWorld.ok)] }
    #expect(world.fetch(text, within: .seconds(1_001)).map(\.status) == [200])
  }

  @Test func `all attempts together have the request's time, and the last is the last`() {
    let world = RouterWorld([.both, .both, .both]) {
      $0.timeouts.request = .seconds(5)
      $0.timeouts.firstByte = .seconds(2)
    }
    for engine in world.engines { engine.script = { _ in [] } }
    let answer = world.fetch(text, within: .seconds(6))[0]
    #expect(answer.status == 504 && answer.body.contains("\"code\":\"request_timeout\""))
    #expect(world.duration() >= .seconds(5) && world.duration() < .milliseconds(5_010))
    #expect(world.engines.map(\.requests.count) == [1, 1, 1])
    #expect(world.engines.allSatisfy { $0.openCount == 0 })
    world.world.run(for: .seconds(20))
    #expect(world.engines.map(\.requests.count) == [1, 1, 1])
    world.expectNothingLeft()
  }

  @Test func `a request whose time is over is generated once`() {
    let world = RouterWorld([.both, .both]) { $0.timeouts.request = .seconds(2) }
    for engine in world.engines { engine.script = { _ in [] } }
    #expect(world.fetch(text).map(\.status) == [504])
    #expect(
      world.engines.map(\.requests.count) == [1, 0] && world.duration() < .milliseconds(2_010))
    world.expectNothingLeft()
  }

  @Test func `a stream that falls silent ends with an error event that says so`() {
    let world = RouterWorld([.both, .both]) { $0.timeouts.streamIdle = .seconds(3) }
    let (head, first, second) = (streamHead, event("a"), event("b"))
    world.engines[0].script = { _ in [.send(head + first), .wait(.seconds(2)), .send(second)] }
    let answer = world.fetch(text, within: .seconds(6))[0]
    #expect(answer.status == 200 && answer.isComplete)
    #expect(answer.body.contains("stream_idle_timeout") && answer.body.contains("silent for 3 s"))
    #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
    #expect(world.duration() >= .seconds(5) && world.duration() < .milliseconds(5_020))
    #expect(world.engines.map(\.requests.count) == [1, 0] && world.engines[0].openCount == 0)
    world.expectNothingLeft()
  }

  @Test func `a stream that goes on slowly is not silent`() {
    let world = RouterWorld { $0.timeouts.streamIdle = .seconds(3) }
    let (head, piece) = (streamHead, event("a"))
    world.engines[0].script = { _ in
      [Act.send(head)] + (0..<8).flatMap { _ in [Act.wait(.milliseconds(2_900)), .send(piece)] }
        + [.send("0\r\n\r\n")]
    }
    let answer = world.fetch(text, within: .seconds(30))[0]
    #expect(answer.isComplete && answer.body.components(by: "\n\n").count == 9)
    #expect(world.records[0].outcome == .completed)
    world.expectNothingLeft()
  }

  @Test func `an engine that falls silent before the client has anything is replaced`() {
    let world = RouterWorld([.both, .both]) { $0.timeouts.streamIdle = .seconds(3) }
    let (head, piece) = (streamHead, event("b"))
    world.engines[0].script = { _ in [.send(head)] }
    world.engines[1].script = { _ in [.send(head + piece + "0\r\n\r\n")] }
    let answer = world.fetch(text)[0]
    #expect(answer.isComplete && answer.body.contains("\"b\"") && world.records[0].attempts == 2)
    #expect(world.duration() > .seconds(3) && world.duration() < .milliseconds(3_090))
    world.expectNothingLeft()
  }

  @Test func `a client that does not read is not its engine's silence`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 16 * 1024
    let world = RouterWorld(conditions: narrow) {
      $0.timeouts.streamIdle = .seconds(3)
      $0.limits.heldAnswerBytes = 1_000
    }
    let big = String(repeating: "0123456789", count: 50_000)
    world.engines[0].script = { _ in [.send(RouterWorld.answer(big))] }
    let client = world.client(
      .text(get("/file")), .pauseReading, .wait(.seconds(20)), .resumeReading)
    world.awaitAnswers(1, client, within: .seconds(40))
    #expect(world.answer(to: client)?.body == big)
    #expect(world.records[0].outcome == .completed)
    world.expectNothingLeft()
  }

  @Test func `a prefill engine that is too slow is named in the 504`() {
    let world = makeSplitWorld(prefill: 1, decode: 1) {
      $0.timeouts.prefill = .seconds(2)
      $0.retries.attempts = 1
    }
    world.engines[0].script = { _ in [] }
    let answer = world.fetch(chat)[0]
    #expect(answer.status == 504 && answer.body.contains("\"code\":\"prefill_timeout\""))
    #expect(answer.body.contains("within 2 s") && world.router.handleCounts.abandoned == 1)
    #expect(world.duration() >= .seconds(2) && world.duration() < .milliseconds(2_010))
    world.expectNothingLeft()
  }

  @Test func `a decode engine that is too slow is cut, its handle given back, another one asked`() {
    let world = makeSplitWorld { $0.timeouts.firstByte = .seconds(2) }
    world.engines[2].script = { request in
      request.isRelease ? [.send(RouterWorld.ok)] : []
    }
    #expect(world.fetch(chat).map(\.status) == [200])
    #expect(world.hasLost(0, at: 2) && world.records[0].attempts == 2)
    #expect(world.engines[3].legs.count == 1)
    world.expectAllGivenBack(within: .seconds(10))
    let counts = world.router.handleCounts
    #expect(counts.begun == 2 && counts.consumed == 1 && counts.settled == 2)
  }

  @Test(arguments: [(0, [1, 2]), (3, [1, 1])])
  func `idle connections to workers are kept as long as is said, or not at all`(
    seconds: Int, connections: [Int]
  ) {
    let world = RouterWorld { $0.timeouts.workerIdle = .seconds(seconds) }
    var counts: [Int] = []
    for _ in 0..<2 {
      _ = world.fetch(get("/x"))
      counts.append(world.engines[0].connectionCount)
    }
    #expect(counts == connections)
    world.world.run(for: .milliseconds(100))
    #expect(world.engines[0].openCount == (seconds == 0 ? 0 : 1))
    world.world.run(for: .seconds(5))
    #expect(world.engines[0].openCount == 0)
  }
}
