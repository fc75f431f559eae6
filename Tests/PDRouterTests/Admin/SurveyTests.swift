import JSONFields
import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// The routes for which engines are asked.
@Suite(.overBothProtocols) struct SurveyTests {
  /// Answers by path; anything else is 404.
  private func answering(
    _ answers: [String: String], status: Int = 200
  ) -> (ScriptedEngine.Request) -> [ScriptedEngine.Act] {
    { request in
      let parts = request.head[0].split(separator: " ")
      let body = answers["\(parts[0]) \(parts[1])"]
      return [
        .send(
          body.map { RouterWorld.answer($0, status: status, "content-type: application/json\r\n") }
            ?? RouterWorld.answer(#"{"detail":"Not Found"}"#, status: 404))
      ]
    }
  }

  private func member<Value>(_ answer: HTTPAnswer, _ read: (JSONValue) -> Value?) -> Value? {
    withBytes(of: answer.body) { bytes in
      (try? JSONValue(validating: bytes)).flatMap { read($0) }
    }
  }

  // MARK: Caches

  @Test(arguments: [
    (["/reset_prefix_cache", "/flush_cache"], 200), (["/flush_cache", ""], 206), (["", ""], 500),
  ])
  func `all engines are told to forget, each in its own words`(paths: [String], status: Int) {
    let world = RouterWorld([.both, .both])
    for (engine, path) in zip(world.engines, paths) {
      engine.script = answering(["POST \(path)": ""])
    }
    let answer = world.fetch(post("/flush_cache", ""))[0]
    #expect(answer.status == status)
    #expect(member(answer) { $0["success"]?.bool } == (status == 200))
    for (place, path) in paths.enumerated() {
      #expect(member(answer) { $0["results"]?[place]?["flushed"]?.bool } == !path.isEmpty)
      #expect(
        member(answer) { $0["results"]?[place]?["worker"]?.string } == "http://w\(place):8000")
    }
    #expect(answer.isErrorObject == (status == 500))
    #expect(world.engines[0].requests.allSatisfy { $0.field("content-length") == "0" })
  }

  @Test func `what was thought to be cached is forgotten of engines that were flushed`() {
    let world = RouterWorld([.both, .both]) { $0.policy = .cacheAware }
    let second = SecondLoop(of: world)
    world.engines[0].script = answering([
      "POST /reset_prefix_cache": "", "POST /v1/completions": "{}",
    ])
    world.engines[1].script = answering(["POST /v1/completions": "{}"])
    for letter in ["a", "b", "c", "d", "e", "f", "g", "h"] {
      let prompt = String(repeating: letter, count: 2000)
      _ = world.fetch(post("/v1/completions", #"{"prompt":"\#(prompt)"}"#))
    }
    let ids = world.registry.workers.map(\.id)
    #expect(ids.allSatisfy { world.router.remembers($0) })
    #expect(world.fetch(post("/flush_cache", "")).map(\.status) == [206])
    world.world.run(for: .milliseconds(50))
    #expect(!world.router.remembers(ids[0]) && world.router.remembers(ids[1]))
    #expect(!second.router.remembers(ids[0]))
  }

  @Test func `an engine that is dead or hangs does not hold a flush up for ever`() {
    let world = RouterWorld([.both, .both])
    world.engines[0].script = answering(["POST /reset_prefix_cache": ""])
    world.engines[1].script = { _ in [] }
    let client = world.client(.text(post("/flush_cache", "")))
    world.world.run(for: .seconds(11))
    #expect(world.answer(to: client)?.status == 206)
    #expect(RouterWorld([]).fetch(post("/flush_cache", "")).map(\.status) == [503])
  }

  @Test func `a client that leaves ends the asking`() {
    let world = RouterWorld([.both])
    world.engines[0].script = { _ in [] }
    let client = world.client(.text(post("/flush_cache", "")))
    world.world.run(for: .milliseconds(100))
    #expect(world.engines[0].openCount == 1)
    client.hangUp(.close)
    world.world.run(for: .milliseconds(100))
    #expect(world.engines[0].openCount == 0)
  }

  @Test func `more engines than may be asked at once are all asked, and ranks once`() {
    let world = RouterWorld(Array(repeating: .both, count: 70))
    for engine in world.engines { engine.script = answering(["POST /reset_prefix_cache": ""]) }
    #expect(world.fetch(post("/flush_cache", "")).map(\.status) == [200])
    #expect(world.engines.allSatisfy { $0.requests.count == 1 })
    let ranked = RouterWorld([]) { $0.dataParallelSize = 4 }
    let engine = ScriptedEngine(on: ranked.world.makeHost("e")) { _ in [.send(RouterWorld.ok)] }
    _ = ranked.fetch(post("/workers", #"{"url":"http://e:8000"}"#))
    #expect(ranked.fetch(post("/flush_cache", "")).map(\.status) == [200])
    #expect(engine.requests.count == 1)
  }

  // MARK: Loads

  @Test func `loads are the router's own, or what engines count if that is more`() {
    let world = RouterWorld([.both, .both, .both])
    world.engines[0].script = answering(["GET /load": #"{"server_load":7}"#])
    world.engines[1].script = answering([:])
    world.engines[2].stopListening()
    world.registry.workers[1].reserve(TokenCount(3))
    let answer = world.fetch(get("/get_loads"))[0]
    #expect(
      answer.body
        == #"{"workers":[{"worker":"http://w0:8000","load":7},"#
        + #"{"worker":"http://w1:8000","load":1},{"worker":"http://w2:8000","load":-1}]}"#)
    world.registry.workers[1].release(TokenCount(3))
  }

  @Test func `loads of split pools are told by role, and who does not answer`() {
    let world = RouterWorld([.prefill, .decode])
    world.engines[0].script = answering(["GET /load": #"{"server_load":2}"#])
    world.engines[1].stopListening()
    #expect(
      world.fetch(get("/get_loads"))[0].body
        == #"{"loads":{"prefill_http://w0:8000":2,"decode_http://w1:8000":-1},"#
        + #""errors":["decode http://w1:8000 does not answer"]}"#)
    #expect(RouterWorld([]).fetch(get("/get_loads")).map(\.body) == [#"{"workers":[]}"#])
  }

  // MARK: Health

  @Test func `the first engine says whether it generates, or else whether it is well`() {
    let world = RouterWorld([.both, .both])
    world.engines[0].script = answering(["GET /health_generate": #"{"status":"ok"}"#])
    let answer = world.fetch(get("/health_generate"))[0]
    #expect(answer.status == 200 && answer.body == #"{"status":"ok"}"#)
    #expect(answer["content-type"] == "application/json")
    world.engines[0].script = answering(["GET /health": "fine"])
    #expect(world.fetch(get("/health_generate"))[0].body == "fine")
    world.engines[0].script = answering(["GET /health": "ill"], status: 503)
    #expect(world.fetch(get("/health_generate")).map(\.status) == [503])
    #expect(world.engines[1].requests.isEmpty)
    #expect(RouterWorld([]).fetch(get("/health_generate")).map(\.status) == [503])
  }

  @Test func `of split pools a pair must be well`() {
    let world = RouterWorld([.prefill, .decode])
    world.engines[0].script = answering(["GET /health_generate": ""])
    world.engines[1].script = answering(["GET /health": ""])
    let good = world.fetch(get("/health_generate"))[0]
    #expect(
      good.body == "Health generate passed on selected pair: "
        + "prefill=http://w0:8000, decode=http://w1:8000")
    world.engines[1].script = answering(["GET /health": ""], status: 500)
    let bad = world.fetch(get("/health_generate"))[0]
    #expect(bad.status == 503 && bad.isErrorObject && bad.body.contains("decode: status 500"))
    #expect(RouterWorld([.prefill]).fetch(get("/health_generate")).map(\.status) == [503])
  }

  // MARK: One engine

  @Test func `info is told by the first worker that may be chosen, whatever its role`() {
    let world = RouterWorld([.prefill, .decode])
    for (number, engine) in world.engines.enumerated() {
      engine.script = answering([
        "GET /get_model_info": "m\(number)", "GET /get_server_info?x=1": "s\(number)",
      ])
    }
    for _ in 0..<3 { #expect(world.fetch(get("/get_model_info")).map(\.body) == ["m0"]) }
    #expect(world.fetch(get("/get_server_info?x=1")).map(\.body) == ["s0"])
    _ = world.registry.workers[0].setHealthy(false)
    world.registry.noteChange()
    #expect(world.fetch(get("/get_model_info")).map(\.body) == ["m1"])
    #expect(RouterWorld([]).fetch(get("/get_model_info")).map(\.status) == [503])
  }

  @Test(arguments: [
    ("GET", "/v1/responses/r1"), ("DELETE", "/v1/responses/r1"),
    ("POST", "/v1/responses/r1/cancel"), ("GET", "/v1/responses/r1/input_items?after=x"),
    ("GET", "/v1/responses/r1/input"),
  ])
  func `a stored response is found at the engine that keeps it`(method: String, path: String) {
    let world = RouterWorld([.both, .both, .both])
    for engine in world.engines { engine.script = answering([:]) }
    var kept = ["GET /v1/responses/r1": "stored"]
    kept["\(method) \(path)"] = "kept"
    world.engines[1].script = answering(kept)
    let request = get(path, "authorization: Bearer k\r\n", method: method)
    #expect(world.fetch(request)[0].status == 200)
    #expect(world.engines[1].requests.last?.head[0] == "\(method) \(path) HTTP/1.1")
    #expect(world.engines[1].requests.allSatisfy { $0.field("authorization") == "Bearer k" })
    #expect(world.engines[0].requests.count + world.engines[2].requests.count <= 2)
    world.expectNothingLeft()
  }

  @Test func `a response that nobody keeps gets an engine's own answer`() {
    let world = RouterWorld([.both, .both])
    for engine in world.engines { engine.script = answering([:]) }
    let answer = world.fetch(get("/v1/responses/r2"))[0]
    #expect(answer.status == 404 && answer.body == #"{"detail":"Not Found"}"#)
    let dead = RouterWorld([.both, .both])
    for engine in dead.engines { engine.stopListening() }
    #expect(dead.fetch(get("/v1/responses/r2")).map(\.status) == [502])
  }

  @Test func `one engine is asked directly, and of split pools decode`() {
    let world = RouterWorld([.prefill, .decode])
    world.engines[1].script = answering(["GET /v1/responses/r1?stream=true": "kept"])
    #expect(world.fetch(get("/v1/responses/r1?stream=true")).map(\.body) == ["kept"])
    #expect(world.engines[0].requests.isEmpty && world.engines[1].requests.count == 1)
  }

  // MARK: What is not here

  @Test func `metrics are on a port of their own, and nobody schedules programs`() {
    let world = RouterWorld([.both])
    let metrics = world.fetch(get("/metrics"))[0]
    #expect(metrics.status == 404 && metrics.isErrorObject && metrics.body.contains("29000"))
    let diagnostics = world.fetch(get("/scheduling/diagnostics"))[0]
    #expect(diagnostics.status == 404)
    #expect(
      diagnostics.body
        == #"{"enabled":false,"error":"This Router does not own Program scheduling"}"#)
    #expect(world.engines[0].requests.isEmpty)
  }
}
