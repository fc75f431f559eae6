import JSONFields
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

private typealias Act = ScriptedEngine.Act

/// What clients are told of their requests' ways, where the operator wants it.
struct RouteReceiptTests {
  private let chat = post("/v1/chat/completions", chatBody)
  private static let head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
  private static let token = #"data: {"choices":[{"delta":{"content":"a"}}]}"# + "\n\n"

  private func splitWorld() -> RouterWorld {
    makeSplitWorld(prefill: 1, decode: 1) {
      $0.observability.givesRouteReceipt = true
      $0.observability.reportsStages = true
    }
  }

  /// The keys and values of a receipt.
  private func facts(_ receipt: String?) -> [(key: String, value: String)] {
    (receipt ?? "").split(separator: ";").map { fact in
      let parts = fact.split(separator: "=", maxSplits: 1)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  @Test func `without being asked nobody is told anything`() {
    let world = makeSplitWorld()
    let answer = world.fetch(chat)[0]
    #expect(answer["x-pd-route"] == nil && answer["x-router-stages"] == nil)
  }

  @Test func `a split request's receipt has both workers, the reason and the times`() throws {
    let world = splitWorld()
    world.engines[0].script = { _ in
      [.wait(.milliseconds(30)), .send(SplitWorld.prefilled(0))]
    }
    let answer = world.fetch(chat)[0]
    let facts = facts(answer["x-pd-route"])
    #expect(
      facts.map(\.key) == [
        "prefill", "decode", "reason", "queue_ms", "prefill_ms", "handover_ms", "attempts",
      ])
    #expect(facts[0].value == "http://w0:8000" && facts[1].value == "http://w1:8000")
    #expect(facts[2].value == "only_candidate" || facts[2].value == "rotation")
    #expect(try #require(Double(facts[4].value)) >= 30)
    #expect(facts[6].value == "1")
    let stages = try #require(answer["x-router-stages"])
    try withBytes(of: stages) { bytes in
      let object = try JSONValue(validating: bytes)
      #expect(try #require(object["prefill_ms"]?.double) >= 30)
      #expect(
        try #require(object["total_ms"]?.double) >= #require(object["prefill_ms"]?.double))
    }
  }

  @Test func `errors have a receipt too, the router's own and those of engines`() {
    let world = splitWorld()
    #expect(
      facts(world.fetch(post("/v1/completions", "{"))[0]["x-pd-route"]).map(\.key) == ["attempts"])
    world.engines[0].script = { _ in [.send(RouterWorld.answer("{}", status: 422))] }
    let refused = world.fetch(chat)[0]
    #expect(refused.status == 422)
    #expect(facts(refused["x-pd-route"]).first?.value == "http://w0:8000")
    world.engines[0].script = { _ in [.reset] }
    world.engines[1].script = { _ in [.reset] }
    let failed = world.fetch(chat)[0]
    #expect(failed.status >= 500)
    #expect(facts(failed["x-pd-route"]).last?.value != "1")
  }

  @Test func `a whole request's receipt has one worker`() {
    let world = RouterWorld { $0.observability.givesRouteReceipt = true }
    let answer = world.fetch(chat)[0]
    #expect(answer["x-router-stages"] == nil)
    #expect(facts(answer["x-pd-route"]).map(\.key) == ["worker", "reason", "queue_ms", "attempts"])
  }

  /// A stream's last pieces, and what the client gets of them.
  static let endings: [(pieces: [String], end: String)] = [
    ([token, "data: [DONE]\n\n"], token + "#data: [DONE]\n\n"),
    ([token + "data: [DONE]\n\n"], token + "#data: [DONE]\n\n"),
    ([token + "data: [DO", "NE]\n\n"], token + "#data: [DONE]\n\n"),
    ([token + "data:[DONE]\r\n\r\n"], token + "data:[DONE]\r\n\r\n#"),
    ([token + "id: 7\ndata: [DONE]\n\n"], token + "id: 7\ndata: [DONE]\n\n#"),
    ([token], token + "#"),
    ([token + "data: [DONE]\r\n\r\n"], token + "#data: [DONE]\r\n\r\n"),
  ]

  @Test(arguments: endings)
  func `a stream's stages stand in a comment before its end`(
    _ row: (pieces: [String], end: String)
  ) throws {
    let world = splitWorld()
    world.engines[1].script = { _ in
      [.send(Self.head)] + row.pieces.flatMap { [.send($0), .wait(.milliseconds(5))] }
        + [.closeAfterFlush]
    }
    let body = world.fetch(chat)[0].body
    let start = try #require(body.components(by: ": router-stages ").dropFirst().first)
    let json = start.components(by: "\n\n")[0]
    #expect(body.components(by: ": router-stages \(json)\n\n").joined(separator: "#") == row.end)
    try withBytes(of: json) { bytes in
      let object = try JSONValue(validating: bytes)
      #expect(object["ttft_ms"]?.double != nil && object["decode_wait_ms"]?.double != nil)
    }
    world.expectNothingLeft()
  }

  @Test func `a worker's semicolon does not end its fact`() throws {
    var record = RouteRecord()
    record.servingWorker = Worker(
      id: WorkerID(number: 0), url: try WorkerURL("http://w:1/a;b"), role: .both)
    var text = ByteBuffer()
    RouteReceipt.append(record, to: &text)
    #expect(text.text == "worker=http://w:1/a%3Bb;reason=;attempts=0")
  }
}
