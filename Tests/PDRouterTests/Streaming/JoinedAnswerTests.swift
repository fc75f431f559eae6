import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private let role = #"data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}"# + "\n\n"
private let token = #"data: {"choices":[{"index":0,"delta":{"content":"a"}}]}"# + "\n\n"
private let abort =
  #"data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"abort"}]}"# + "\n\n"
private let failure = #"data: {"error":{"message":"m","code":500}}"# + "\n\n"
private let refusal = #"data: {"error":{"message":"m","code":400}}"# + "\n\n"
private let done = "data: [DONE]\n\n"

/// Answers of split requests, from the sockets' side; workers 0 and 1 are prefill, 2 and 3 decode.
@Suite(.overBothProtocols) struct JoinedAnswerTests {
  private let text = post("/v1/chat/completions", chatBody)

  private func makeWorld(prefillUsage: String = "null") -> RouterWorld {
    let world = RouterWorld([.prefill, .prefill, .decode, .decode])
    let names = #""remote_engine_id":"e","remote_request_id":"r","remote_host":"h""#
    let kv = #"{"do_remote_prefill":true,\#(names),"remote_port":1,"remote_block_ids":[1]}"#
    for number in 0...1 {
      world.engines[number].script = { _ in
        [.send(RouterWorld.answer(#"{"usage":\#(prefillUsage),"kv_transfer_params":\#(kv)}"#))]
      }
    }
    return world
  }

  /// A chunked stream of these pieces, each a chunk of its own, 1 ms apart.
  private func stream(_ pieces: [String], ends: Bool = true) -> [ScriptedEngine.Act] {
    let head =
      "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    let chunks = pieces.flatMap { piece -> [ScriptedEngine.Act] in
      let size = String(piece.utf8.count, radix: 16)
      return [.wait(.milliseconds(1)), .send("\(size)\r\n\(piece)\r\n")]
    }
    return [.send(head)] + chunks + (ends ? [.send("0\r\n\r\n")] : [])
  }

  @Test(arguments: [true, false])
  func `a whole answer has prefill's input count and a length of its own`(isChunked: Bool) {
    let usage = #"{"prompt_tokens":1234,"prompt_tokens_details":{"cached_tokens":1000}}"#
    let world = makeWorld(prefillUsage: usage)
    let body =
      #"{"choices":[],"usage":{"prompt_tokens":9,"total_tokens":12,"completion_tokens":3}}"#
    let chunks = stream([body]).map { act -> ScriptedEngine.Act in
      guard case .send(let text) = act else { return act }
      return .send(text.replacing("text/event-stream", with: "application/json"))
    }
    world.engines[2].script = { _ in isChunked ? chunks : [.send(RouterWorld.answer(body))] }
    let answer = world.fetch(text)[0]
    let expected =
      #"{"choices":[],"usage":{"prompt_tokens":1234,"total_tokens":1237,"completion_tokens":3,"#
      + #""prompt_tokens_details":{"cached_tokens":1000}}}"#
    #expect(answer.body == expected && answer.isComplete)
    #expect(answer["content-length"] == "\(expected.utf8.count)")
    #expect(world.records[0].answerBytes == expected.utf8.count)
    world.expectNothingLeft()
  }

  @Test func `an answer that needs no change is decode's, byte for byte`() {
    let world = makeWorld(prefillUsage: #"{"prompt_tokens":9}"#)
    let body = #"{ "usage" : {"total_tokens":12, "prompt_tokens":9,"completion_tokens":3}}"#
    world.engines[2].script = { _ in [.send(RouterWorld.answer(body))] }
    #expect(world.fetch(text)[0].body == body)
    world.expectNothingLeft()
  }

  @Test func `a streamed answer has prefill's input count`() {
    let world = makeWorld(prefillUsage: #"{"prompt_tokens":1234}"#)
    let usage = #"data: {"choices":[],"usage":{"prompt_tokens":9}}"# + "\n\n"
    world.engines[2].script = { _ in stream([role, token, usage, done]) }
    #expect(
      world.fetch(text)[0].body == role + token + usage.replacing(":9}", with: ":1234}") + done)
    world.expectNothingLeft()
  }

  @Test func `a request that is not split keeps its engine's usage`() {
    let world = RouterWorld([.both])
    let body = #"{"usage":{"prompt_tokens":9,"total_tokens":1}}"#
    world.engines[0].script = { _ in [.send(RouterWorld.answer(body))] }
    #expect(world.fetch(text)[0].body == body)
    world.expectNothingLeft()
  }

  @Test(arguments: [[role, abort, done], [role, failure, done], [role], [role + token + abort]])
  func `a stream that fails before it was begun is redone, with one role chunk for the client`(
    pieces: [String]
  ) {
    let world = makeWorld()
    world.engines[2].script = { _ in
      stream(pieces, ends: false) + [.wait(.milliseconds(1)), .reset]
    }
    world.engines[3].script = { _ in stream([role, token, done]) }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 200 && answer.body == role + token + done)
    #expect(world.engines.map(\.legs.count) == [1, 1, 1, 1])
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1 && world.router.handleCounts.consumed == 1)
  }

  @Test func `a stream too long to be held is not redone, so its role chunk stays the only one`() {
    let world = makeWorld()
    let comment = ": " + String(repeating: "x", count: 40_000) + "\n\n"
    world.engines[2].script = { _ in
      stream([role, comment, comment], ends: false) + [.wait(.milliseconds(1)), .reset]
    }
    let answer = world.fetch(text)[0]
    #expect(answer.body.hasPrefix(role + comment + comment))
    #expect(answer.body.components(by: "assistant").count == 2)
    #expect(answer.body.contains(#""code":"worker_connection_broken""#))
    #expect(world.engines.map(\.requests.count) == [1, 0, 1, 0])
    world.expectNothingLeft()
  }

  @Test func `a whole answer that was aborted is redone`() {
    let world = makeWorld()
    world.engines[2].script = { _ in
      [.send(RouterWorld.answer(#"{"choices":[{"text":"a","finish_reason":"abort"}]}"#))]
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 200 && answer.body == "ok")
    #expect(world.engines.map(\.legs.count) == [1, 1, 1, 1])
    #expect(world.registry.workers[2].failedRequests == 1)
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 1 && world.router.handleCounts.consumed == 1)
  }

  @Test func `an answer that every engine aborts is an error, not an answer`() {
    let world = makeWorld()
    for number in 2...3 {
      world.engines[number].script = { _ in
        [.send(RouterWorld.answer(#"{"choices":[{"text":"a","finish_reason":"abort"}]}"#))]
      }
    }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 503 && answer.isErrorObject)
    world.expectAllGivenBack()
    #expect(world.router.handleCounts.released == 5 && world.records[0].attempts == 5)
  }

  @Test func `an abort after the first token ends the stream with an error of ours`() {
    let world = makeWorld()
    world.engines[2].script = { _ in stream([role, token, abort + done]) }
    let answer = world.fetch(text)[0]
    let events = answer.body.components(by: "\n\n")
    #expect(answer.body.hasPrefix(role + token) && answer.isComplete)
    #expect(!answer.body.contains(#""abort""#))
    #expect(events[2].hasPrefix(#"data: {"error":{"message":"The decode engine gave up"#))
    #expect(events.dropFirst(3) == ["data: [DONE]", ""])
    #expect(world.records[0].outcome == .brokenOff)
    #expect(world.registry.workers[2].failedRequests == 1)
    world.expectNothingLeft()
  }

  @Test func `an engine's error after the first token is passed on and counted`() {
    let world = makeWorld()
    world.engines[2].script = { _ in stream([role, token, failure, done]) }
    #expect(world.fetch(text)[0].body == role + token + failure + done)
    #expect(world.records[0].outcome == .brokenOff)
    #expect(world.registry.workers[2].failedRequests == 1)
    world.expectNothingLeft()
  }

  @Test func `an error that blames the request is passed on at once and blames nobody`() {
    let world = makeWorld()
    world.engines[2].script = { _ in stream([role, refusal, done]) }
    let answer = world.fetch(text)[0]
    #expect(answer.status == 200 && answer.body == role + refusal + done)
    #expect(world.engines.map(\.requests.count) == [1, 0, 1, 0])
    #expect(world.registry.workers[2].failedRequests == 0)
    world.expectNothingLeft()
  }
}
