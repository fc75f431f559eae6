import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// Streams whose chunks are passed on as they come, through the whole router.
struct ChunkPassingTests {
  private static let text = post("/v1/chat/completions", #"{"messages":[],"stream":true}"#)
  private static let head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
  private static let done = "data: [DONE]\n\n"
  private static let end = "0\r\n\r\n"

  private static func token(_ text: String) -> String {
    #"data: {"id":"chatcmpl-0123456789","choices":[{"index":0,"delta":{"content":"\#(text)"}}]}"#
      + "\n\n"
  }

  private static func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n"
  }

  /// The answer to a request that is sent these pieces, 10 ms apart, and its bytes.
  private func answer(
    _ pieces: [String], in world: RouterWorld
  ) -> (answer: HTTPAnswer?, bytes: String) {
    world.engines[0].script = { _ in
      pieces.flatMap { [Act.send($0), .wait(.milliseconds(10))] }
    }
    let client = world.client(.text(Self.text))
    world.awaitAnswers(1, client)
    let bytes = client.record.bytes
    client.hangUp(.close)
    return (HTTPAnswer.all(in: bytes).first, String(decoding: bytes, as: UTF8.self))
  }

  @Test func `chunks of tokens reach the client as they came`() {
    let world = RouterWorld()
    // A size that is written in capitals shows whose framing it is.
    let long = Self.token(String(repeating: "x", count: 100))
    let chunk = String(long.utf8.count, radix: 16, uppercase: true) + "\r\n\(long)\r\n"
    #expect(chunk != Self.chunk(long))
    let (answer, bytes) = answer(
      [
        Self.head, Self.chunk(Self.token("a")), chunk, chunk + chunk, Self.chunk(Self.done),
        Self.end,
      ],
      in: world)
    #expect(answer?.body == Self.token("a") + long + long + long + Self.done)
    #expect(bytes.hasSuffix(chunk + chunk + chunk + Self.chunk(Self.done) + Self.end))
    #expect(world.records[0].tokenEvents == 4 && world.records[0].outcome == .completed)
    #expect(world.records[0].answerBytes == answer?.body.utf8.count)
    world.expectNothingLeft()
  }

  @Test func `a stream cut anywhere says the same`() {
    let events = [
      Self.token("a"), Self.token("b"), Self.token("about"), Self.token("d"), Self.done,
    ]
    let stream = Array((events.map(Self.chunk).joined() + Self.end).utf8)
    for cut in stride(from: 1, to: stream.count, by: 3) {
      let world = RouterWorld()
      let pieces = [stream[..<cut], stream[cut...]].map { String(decoding: $0, as: UTF8.self) }
      let (answer, _) = answer([Self.head + Self.chunk(Self.token("0"))] + pieces, in: world)
      #expect(answer?.body == Self.token("0") + events.joined(), "cut at \(cut)")
      #expect(answer?.isComplete == true)
      #expect(world.records[0].tokenEvents == 5, "cut at \(cut)")
    }
  }

  @Test func `an engine that gives up after chunks that were passed ends with an error event`() {
    let world = RouterWorld()
    let aborted = Self.token("x").replacing(#"}}]}"#, #"},"finish_reason":"abort"}]}"#)
    let (answer, _) = answer(
      [
        Self.head + Self.chunk(Self.token("a")), Self.chunk(Self.token("b")),
        Self.chunk(Self.token("c")) + Self.chunk(aborted),
      ], in: world)
    let start = Self.token("a") + Self.token("b") + Self.token("c")
    #expect(answer?.body.hasPrefix(start + "data: {\"error\"") == true)
    #expect(answer?.body.hasSuffix(Self.done) == true && answer?.isComplete == true)
    #expect(world.records[0].outcome == .brokenOff)
    world.expectNothingLeft()
  }

  @Test func `an error event of the engine's after them is noted and passed on`() {
    let world = RouterWorld()
    let failure = "data: {\"error\":{\"message\":\"no\",\"code\":500}}\n\n"
    let (answer, _) = answer(
      [
        Self.head + Self.chunk(Self.token("a")), Self.chunk(Self.token("b")) + Self.chunk(failure),
        Self.chunk(Self.done) + Self.end,
      ], in: world)
    #expect(answer?.body == Self.token("a") + Self.token("b") + failure + Self.done)
    #expect(world.records[0].error != nil)
    world.expectNothingLeft()
  }

  @Test func `bad framing after chunks that were passed breaks the stream`() {
    let world = RouterWorld()
    let (answer, _) = answer(
      [Self.head + Self.chunk(Self.token("a")), Self.chunk(Self.token("b")) + "zz\r\n"], in: world)
    #expect(answer?.body.hasPrefix(Self.token("a") + Self.token("b") + "data: {\"error\"") == true)
    #expect(world.records[0].outcome == .brokenOff)
    world.expectNothingLeft()
  }

  @Test func `a client of HTTP/1.0 gets no chunks`() {
    let world = RouterWorld()
    let events = [Self.token("a"), Self.token("b"), Self.done]
    world.engines[0].script = { _ in
      [
        .send(Self.head + Self.chunk(events[0])), .wait(.milliseconds(10)),
        .send(Self.chunk(events[1])), .wait(.milliseconds(10)),
        .send(Self.chunk(events[2]) + Self.end),
      ]
    }
    let client = world.client(.text(Self.text.replacing("HTTP/1.1", "HTTP/1.0")))
    _ = world.world.run(within: .seconds(5)) { client.record.endedAt != nil }
    let text = String(decoding: client.record.bytes, as: UTF8.self)
    #expect(text.hasSuffix("\r\n\r\n" + events.joined()))
  }

  @Test func `a client that reads slowly holds the engine back, and gets every event`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 16 * 1024
    let world = RouterWorld(conditions: narrow)
    let event = Self.token(String(repeating: "x", count: 900))
    let piece = String(repeating: Self.chunk(event), count: 1000)
    world.engines[0].script = { _ in
      [
        .send(Self.head + Self.chunk(Self.token("a"))), .wait(.milliseconds(10)),
        .send(piece + Self.chunk(Self.done) + Self.end),
      ]
    }
    let client = world.client(.text(Self.text)) {
      $0.pace = .init(byteCount: 100_000, interval: .seconds(1))
    }
    world.world.run(for: .seconds(2))
    let waiting = world.engines[0].connections.map(\.bufferedByteCount).reduce(0, +)
    #expect(waiting > 512 * 1024, "the rest waits at the engine")
    #expect(world.awaitAnswers(1, client, within: .seconds(30)))
    let body = HTTPAnswer.all(in: client.record.bytes).first?.body
    #expect(body == Self.token("a") + String(repeating: event, count: 1000) + Self.done)
    #expect(world.records[0].tokenEvents == 1001)
    client.hangUp(.close)
  }
}

extension String {
  fileprivate func replacing(_ old: String, _ new: String) -> String {
    components(by: old).joined(separator: new)
  }
}
