import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Heads that repeat the one before, or nearly: nobody is told of another's.
struct RepeatedHeadTests {
  private static let base = post(
    "/v1/completions", #"{"prompt":"x"}"#,
    "X-Request-Id: id-1\r\nAuthorization: Bearer one\r\nConnection: X-Hop\r\nX-Hop: a\r\n"
      + "Accept: */*\r\n")

  /// Requests that differ from the first in little, of the same length where they can be.
  private static let requests = [
    base,
    base.replacing("id-1", with: "id-2"),
    base.replacing("Bearer one", with: "Bearer two"),
    base.replacing("Accept", with: "Except"),
    base.replacing("*/*", with: "/**"),
    base.replacing("X-Hop: a", with: "X-Hip: a"),
    base.replacing("/v1/completions", with: "/v1/completionx"),
    base.replacing("/v1/completions", with: "/v1/completions?q=1"),
    base.replacing("HTTP/1.1", with: "HTTP/1.0"),
    base.replacing("Connection: X-Hop", with: "Connection: X-Hip"),
    base.replacing("Connection: X-Hop", with: "Connection: close"),
    base.replacing("host: r", with: "host: s"),
    base.replacing("Accept: */*", with: "Accept:*/* "),
    base.replacing("Accept: */*", with: "traceparent: 1"),
    post("/v1/completions", #"{"prompt":"xy"}"#, "X-Request-Id: id-1\r\n"),
    post("/v1/completions", #"{"prompt":"xz"}"#, "X-Request-Id: id-1\r\n"),
    post("/v1/completions", #"{"prompt":"\#(String(repeating: "x", count: 200))"}"#),
    get("/other"), get("/other", "x-request-id: a\r\n"), get("/other", method: "HEAD"),
  ]

  private static let answers = [
    RouterWorld.answer("ok"), RouterWorld.answer("ko"), RouterWorld.answer("okay okay okay"),
    RouterWorld.answer("ok", "x-a: 1\r\n"), RouterWorld.answer("ok", "x-a: 2\r\n"),
    RouterWorld.answer("ok", "date: Mon\r\nx-request-id: theirs\r\n"),
    RouterWorld.answer("ok", "date: Tue\r\nx-request-id: others\r\n"),
    RouterWorld.answer("ok", "connection: x-a\r\nx-a: 1\r\n"),
    RouterWorld.answer("ok", "connection: x-b\r\nx-a: 1\r\n"),
    RouterWorld.answer("ok", "x-a:1\r\n"), RouterWorld.answer("ok", status: 201),
    RouterWorld.answer("no", status: 404), RouterWorld.answer("no", status: 418),
    RouterWorld.answer("", status: 200),
    "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 204 X\r\n\r\n",
  ]

  /// What an engine got of a request, and the client of the answer, but for identities made here.
  private struct Outcome: Equatable {
    var engineLines: [String] = []
    var engineBody = ""
    var clientLines: [String] = []
    var clientBody = ""
  }

  private func fetch(_ text: String, _ answer: String, from world: RouterWorld) -> Outcome {
    for engine in world.engines { engine.script = { _ in [.send(answer)] } }
    let before = world.engines.map(\.requests.count)
    let answers = world.fetch(text)
    var outcome = Outcome()
    for (engine, count) in zip(world.engines, before) where engine.requests.count > count {
      outcome.engineLines = engine.requests[count].head
      outcome.engineBody = engine.requests[count].body
    }
    outcome.clientLines = answers.flatMap(\.lines)
    outcome.clientBody = answers.map(\.body).joined()
    guard !text.lowercased().contains("x-request-id") else { return outcome }
    let isNamed = { (line: String) in line.lowercased().hasPrefix("x-request-id") }
    outcome.engineLines.removeAll(where: isNamed)
    outcome.clientLines.removeAll(where: isNamed)
    return outcome
  }

  @Test func `a request after any other reaches the engine as if it were the first`() {
    let shared = RouterWorld()
    for text in RepeatedHeadTests.requests {
      let expected = fetch(text, RouterWorld.ok, from: RouterWorld())
      #expect(!expected.engineLines.isEmpty && !expected.clientLines.isEmpty)
      for before in RepeatedHeadTests.requests {
        _ = fetch(before, RouterWorld.ok, from: shared)
        let outcome = fetch(text, RouterWorld.ok, from: shared)
        #expect(outcome == expected, "\(text) after \(before)")
      }
    }
  }

  @Test func `an answer after any other reaches the client as if it were the first`() {
    let shared = RouterWorld()
    for answer in RepeatedHeadTests.answers {
      let expected = fetch(RepeatedHeadTests.base, answer, from: RouterWorld())
      #expect(!expected.clientLines.isEmpty)
      for before in RepeatedHeadTests.answers {
        _ = fetch(RepeatedHeadTests.base, before, from: shared)
        let outcome = fetch(RepeatedHeadTests.base, answer, from: shared)
        #expect(outcome == expected, "\(answer) after \(before)")
      }
    }
  }

  @Test func `a head repeated to another worker names that one`() {
    let world = RouterWorld([.both, .both])
    var hosts: [String] = []
    for _ in 0..<4 {
      let outcome = fetch(RepeatedHeadTests.base, RouterWorld.ok, from: world)
      hosts += outcome.engineLines.filter { $0.lowercased().hasPrefix("host:") }
    }
    #expect(hosts == ["host: w0:8000", "host: w1:8000", "host: w0:8000", "host: w1:8000"])
  }

  @Test func `a repeated head on both legs keeps to itself what each leg is not to have`() {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    for turn in 0..<3 {
      let token = turn == 1 ? "Bearer two" : "Bearer one"
      let answers = world.fetch(
        post(
          "/v1/chat/completions", chatBody,
          "accept-encoding: gzip\r\nAuthorization: \(token)\r\n"))
      #expect(answers.map(\.status) == [200])
    }
    for (place, engine) in world.engines.enumerated() {
      #expect(
        engine.legs.map { $0.field("authorization") }
          == ["one", "two", "one"].map {
            "Bearer \($0)"
          })
      #expect(engine.legs.allSatisfy { ($0.field("accept-encoding") == nil) == (place == 0) })
    }
  }

  @Test func `answers of any length say so, whatever the body before`() {
    let world = RouterWorld()
    for count in [0, 1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 99_999, 100_000, 7, 0] {
      let body = String(repeating: "y", count: count)
      let outcome = fetch(RepeatedHeadTests.base, RouterWorld.answer(body), from: world)
      #expect(outcome.clientLines.contains("content-length: \(count)"))
      #expect(outcome.clientBody == body)
    }
  }

  @Test func `a body that comes with its head, or just after, or in part, is the same`() {
    let body = #"{"prompt":"\#(String(repeating: "z", count: 300))"}"#
    let text = post("/v1/completions", body, "x-request-id: a\r\n")
    let headCount = text.utf8.count - body.utf8.count
    let world = RouterWorld()
    for size in [
      1, 7, headCount - 1, headCount, headCount + 1, text.utf8.count - 1, text.utf8.count,
    ] {
      let client = world.client(
        .sendInPieces(Array((text + text).utf8), size: size, pause: .milliseconds(2)))
      _ = world.world.run(within: .seconds(20)) {
        HTTPAnswer.all(in: client.record.bytes).filter(\.isComplete).count == 2
      }
      let answers = HTTPAnswer.all(in: client.record.bytes)
      #expect(answers.map(\.status) == [200, 200], "pieces of \(size)")
      client.hangUp(.close)
      #expect(world.engines[0].requests.suffix(2).allSatisfy { $0.body == body })
    }
    #expect(world.engines[0].requests.count == 14)
  }
}
