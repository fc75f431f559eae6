import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// Requests to one pool: retries, answers that are odd, clients that leave.
struct RequestTests {
  private let text = post("/v1/completions", #"{"prompt":"x"}"#)
  private let token = #"data: {"choices":[{"text":"a"}]}"# + "\n\n"
  private let streamHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"

  private func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n"
  }

  @Test(arguments: [0, 1, 2, 3])
  func `a worker that fails before its answer is replaced by another`(manner: Int) {
    let world = RouterWorld([.both, .both])
    let failing: [[Act]] = [
      [.reset], [.send("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf"), .closeAfterFlush],
      [.send("garbage\r\n\r\n")],
    ]
    if manner < 3 {
      world.engines[0].script = { _ in failing[manner] }
    } else {
      world.engines[0].stopListening()
    }
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [200] && answers[0].body == "ok")
    #expect(world.records[0].attempts == 2)
    #expect(world.registry.workers[0].failedRequests == 1)
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1])
  func `when every worker fails the last failure is told, once as many were tried as may be`(
    manner: Int
  ) {
    let world = RouterWorld([.both, .both, .both, .both]) { $0.retries.attempts = 3 }
    for engine in world.engines {
      if manner == 0 { engine.stopListening() }
      engine.script = { _ in [.send("garbage\r\n\r\n")] }
    }
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [502] && answers[0].isErrorObject)
    #expect(world.records[0].attempts == 3)
    #expect(world.engines.map(\.requests.count).reduce(0, +) == (manner == 0 ? 0 : 3))
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1])
  func `a request that may have killed two engines is not given to a third`(manner: Int) {
    let world = RouterWorld([.both, .both, .both, .both])
    let acts: [Act] = manner == 0 ? [.reset] : [.send(RouterWorld.answer("{}", status: 500))]
    for engine in world.engines { engine.script = { _ in acts } }
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [manner == 0 ? 502 : 500])
    #expect(manner == 0 ? answers[0].isErrorObject : answers[0].body == "{}")
    #expect(world.records[0].attempts == 2)
    #expect(world.engines.map(\.requests.count).reduce(0, +) == 2)
    world.expectNothingLeft()
  }

  @Test(arguments: [500, 502, 503])
  func `a worker's 5xx is not told when another worker does better`(status: Int) {
    let world = RouterWorld([.both, .both])
    world.engines[0].script = { _ in [.send(RouterWorld.answer("no", status: status))] }
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [200] && answers[0].body == "ok")
    #expect(world.records[0].attempts == 2)
    world.expectNothingLeft()
  }

  @Test func `a 5xx of the last attempt is the client's, with its fields and body`() {
    let world = RouterWorld([.both, .both, .both]) { $0.retries.attempts = 3 }
    for engine in world.engines {
      engine.script = { _ in [.send(RouterWorld.answer("full", status: 503, "Retry-After: 7\r\n"))]
      }
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 503 && answer.body == "full" && answer["retry-after"] == "7")
    #expect(world.records[0].attempts == 3)
    world.expectNothingLeft()
  }

  @Test(arguments: ["", #"{"mine":1}"#])
  func `a 5xx that nobody is left to better is the engine's own answer, even an empty one`(
    body: String
  ) {
    let world = RouterWorld([.both, .both]) { $0.admission.queueTimeout = .seconds(6) }
    for engine in world.engines {
      engine.script = { _ in [.send(RouterWorld.answer(body, status: 503, "Retry-After: 7\r\n"))] }
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 503 && answer["retry-after"] == "7" && answer.body == body)
    #expect(world.records[0].attempts == 2)
    world.expectNothingLeft()
  }

  @Test
  func `a single worker that fails is asked again after a pause, until it may have died twice`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.reset] }
    #expect(world.fetch(text).map(\.status) == [502])
    #expect(world.engines[0].requests.count == 2 && world.records[0].attempts == 2)
    #expect(world.duration() > .milliseconds(40) && world.duration() < .milliseconds(70))
  }

  @Test func `without workers a request gets 503 and a time to try again`() {
    let world = RouterWorld([])
    let answer = world.fetch(text)[0]
    #expect(answer.status == 503 && answer["retry-after"] == "5" && answer.isErrorObject)
    #expect(world.records[0].attempts == 0)
  }

  @Test(arguments: [("POST", 1), ("PUT", 1), ("GET", 2), ("HEAD", 2)])
  func `what is passed on unread is repeated only where its method is safe`(
    method: String, attempts: Int
  ) {
    let world = RouterWorld([.both, .both])
    for engine in world.engines { engine.script = { _ in [.reset] } }
    let client = world.client(.text(get("/other", method: method)))
    world.world.run(for: .seconds(1))
    #expect(HTTPAnswer.all(in: client.record.bytes) { _ in false }[0].status == 502)
    #expect(world.engines.map(\.requests.count).reduce(0, +) == attempts)
  }

  @Test func `an engine's error answer is the client's, with its fields and body`() {
    let world = RouterWorld([.both, .both])
    for engine in world.engines {
      engine.script = { _ in
        [.send(RouterWorld.answer("{\"e\":1}", status: 429, "Retry-After: 7\r\nKeep-Alive: 5\r\n"))]
      }
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 429 && answer.body == "{\"e\":1}" && answer["retry-after"] == "7")
    #expect(answer["keep-alive"] == nil && answer["content-length"] == "7")
  }

  /// The status is ours: an answer without its end cannot be vouched for, whatever its head says.
  @Test(arguments: [404, 500, 503], [1, 2])
  func `an error answer that breaks off before its body is an error of ours, not silence`(
    status: Int, workers: Int
  ) {
    let world = RouterWorld(Array(repeating: .both, count: workers))
    for engine in world.engines {
      engine.script = { _ in
        [.send("HTTP/1.1 \(status) X\r\ncontent-length: 9\r\n\r\n"), .closeAfterFlush]
      }
    }
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [502] && answers.map(\.isErrorObject) == [true])
    #expect(answers[0].isComplete && answers[0].body.contains("worker_connection_broken"))
    world.expectNothingLeft()
  }

  @Test(arguments: [400, 503])
  func `an error answer that breaks off within its body is an error of ours, not half of one`(
    status: Int
  ) {
    let world = RouterWorld([.both])
    world.engines[0].script = { _ in
      [.send("HTTP/1.1 \(status) X\r\ncontent-length: 9\r\n\r\nhalf"), .closeAfterFlush]
    }
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [502] && answers.map(\.isErrorObject) == [true])
    #expect(answers[0].isComplete && !answers[0].body.contains("half"))
    world.expectNothingLeft()
  }

  @Test func `an answer that breaks off within is cut`() {
    let world = RouterWorld { $0.limits.heldAnswerBytes = 10 }
    world.engines[0].script = { _ in
      [.send("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nmore than ten"), .closeAfterFlush]
    }
    let client = world.client(.text(text))
    world.world.run(for: .seconds(1))
    let answer = HTTPAnswer.all(in: client.record.bytes)[0]
    #expect(answer.status == 200 && answer.body == "more than ten" && !answer.isComplete)
    #expect(client.record.endedAt != nil && world.records[0].outcome == .brokenOff)
    world.expectNothingLeft()
  }

  @Test(arguments: [false, true])
  func `a stream that breaks off ends with an error event and the end of the stream`(
    hasLength: Bool
  ) {
    let world = RouterWorld()
    let (head, token) = (streamHead, token)
    let chunked = chunk(token + "data: {\"cut")
    world.engines[0].script = { _ in
      let text =
        hasLength
        ? head + "content-length: 999\r\n\r\n" + token + "data: {\"cut"
        : head + "transfer-encoding: chunked\r\n\r\n" + chunked
      return [.send(text), .wait(.milliseconds(20)), .reset]
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 200 && answer.isComplete)
    let events = answer.body.components(by: "\n\n")
    #expect(events.count == 4 && events[0] + "\n\n" == token)
    #expect(events[1].hasPrefix("data: {\"error\"") && events[2] == "data: [DONE]")
    world.expectNothingLeft()
  }

  @Test func `a stream that breaks after its own end is complete`() {
    let world = RouterWorld([.both, .both])
    let done = token + "data: [DONE]\n\n"
    world.engines[0].script = { [streamHead, chunk] _ in
      [.send(streamHead + "transfer-encoding: chunked\r\n\r\n" + chunk(done)), .closeAfterFlush]
    }
    let answers = world.fetch(text)
    #expect(answers.map(\.status) == [200] && answers[0].isComplete && answers[0].body == done)
    #expect(world.records[0].outcome == .completed && world.records[0].attempts == 1)
    world.expectNothingLeft()
  }

  @Test func `an error event before the first token makes another worker serve the request`() {
    let world = RouterWorld([.both, .both])
    let head = streamHead + "transfer-encoding: chunked\r\n\r\n"
    let (bad, good) = (chunk("data: {\"error\":{\"message\":\"x\"}}\n\n"), chunk(token))
    world.engines[0].script = { _ in [.send(head + bad + "0\r\n\r\n")] }
    world.engines[1].script = { _ in [.send(head + good + "0\r\n\r\n")] }
    let answer = world.fetch(text)[0]
    #expect(answer.body == token && world.records[0].attempts == 2)
    #expect(world.records[0].tokenEvents == 1)
    world.expectNothingLeft()
  }

  @Test func `HEAD and 304 pass on the length that was told and invent none`() {
    for (fields, status, length) in [
      ("content-length: 42\r\n", 200, "42"), ("", 200, nil), ("", 304, nil),
      ("transfer-encoding: chunked\r\n", 200, nil),
    ] as [(String, Int, String?)] {
      let world = RouterWorld()
      world.engines[0].script = { _ in [.send("HTTP/1.1 \(status) X\r\n\(fields)\r\n")] }
      let client = world.client(.text(get("/file", method: "HEAD")))
      world.world.run(for: .milliseconds(100))
      let answers = HTTPAnswer.all(in: client.record.bytes) { _ in false }
      #expect(answers.map(\.status) == [status] && answers[0]["content-length"] == length)
      world.expectNothingLeft()
    }
  }

  @Test(arguments: ["HTTP/1.1 600 X\r\n\r\n", "HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n"])
  func `a status that is none of HTTP's is a malformed answer`(answer: String) {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.send(answer)] }
    #expect(world.fetch(text).map(\.status) == [502])
  }

  @Test func `errors told late to requests sent ahead come in order`() {
    let world = RouterWorld()
    world.engines[0].script = { _ in [.wait(.milliseconds(20)), .reset] }
    let client = world.client(
      .text(text + post("/v1/completions", "no JSON") + get("/health") + text))
    world.awaitAnswers(4, client)
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.map(\.status) == [502, 400, 200, 502])
    world.expectNothingLeft()
  }

  @Test(arguments: [0, 1, 2, 3])
  func `a client that leaves ends its leg at once, wherever it is`(stage: Int) {
    let world = RouterWorld()
    let begun = streamHead + "transfer-encoding: chunked\r\n\r\n"
    let scripts: [[Act]] = [
      [], [.send("HTTP/1.1 20")], [.send(begun)], [.send(begun + chunk(token))],
    ]
    world.engines[0].script = { _ in scripts[stage] }
    let client = world.client(.text(text), .wait(.seconds(1)), .hangUp(.close))
    #expect(world.world.run(within: .seconds(3)) { !world.records.isEmpty })
    #expect(world.records[0].outcome == .clientGone)
    let left = client.record.closedAt ?? .zero
    world.world.run(for: .milliseconds(10))
    let closed = world.engines[0].connections[0].closedAt ?? .distantFuture
    #expect(closed - left < .milliseconds(5))
    world.expectNothingLeft()
  }

  @Test(arguments: [false, true])
  func `a request whose time is over gets 504, or an error event within its stream`(
    hasBegun: Bool
  ) {
    let world = RouterWorld { $0.timeouts.request = .seconds(10) }
    let begun = streamHead + "transfer-encoding: chunked\r\n\r\n" + chunk(token)
    world.engines[0].script = { _ in hasBegun ? [.send(begun)] : [] }
    let answers = world.fetch(text, within: .seconds(11))
    #expect(answers.map(\.status) == [hasBegun ? 200 : 504])
    #expect(answers[0].isComplete && answers[0].body.contains("10 s is over"))
    #expect((world.records[0].endedAt - world.records[0].receivedAt) < .milliseconds(10_010))
    world.expectNothingLeft()
  }

  @Test func `a slow client holds the worker back, and still gets every byte`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 16 * 1024
    let world = RouterWorld(conditions: narrow)
    let big = String(repeating: "0123456789", count: 100_000)
    world.engines[0].script = { _ in [.send(RouterWorld.answer(big))] }
    let client = world.client(
      .text(get("/file")), .pauseReading, .wait(.seconds(5)), .resumeReading)
    world.world.run(for: .seconds(4))
    // Two kernels and the router's own mark, with one read beyond it.
    #expect(world.records.isEmpty && world.routerHost.loop.streamCount == 2)
    world.awaitAnswers(1, client, within: .seconds(30))
    #expect(HTTPAnswer.all(in: client.record.bytes)[0].body == big)
    world.expectNothingLeft()
  }
}
