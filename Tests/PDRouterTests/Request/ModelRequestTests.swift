import JSONFields
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Several models behind one router, and models that nobody has.
@Suite(.overBothProtocols) struct ModelRequestTests {
  @Test func `a request goes to an engine that serves its model`() {
    let world = RouterWorld([.both, .both, .both])
    world.serve([["a"], ["b"], ["a", "b"]])
    world.teach([["a"], ["b"], ["a", "b"]])
    for (model, servers) in [("a", ["w0", "w2"]), ("b", ["w1", "w2"])] {
      let answers = (0..<4).map { _ in world.fetch(chat(model))[0].body }
      #expect(Set(answers) == Set(servers))
    }
    let bodies = (0..<6).map { _ in
      world.fetch(post("/v1/completions", #"{"prompt":"x"}"#))[0].body
    }
    #expect(Set(bodies) == ["w0", "w1", "w2"])
    #expect((0...2).allSatisfy { world.modelQuestions($0) == 0 })
    world.expectNothingLeft()
  }

  @Test func `a model that nobody serves is asked for again, then answered as vLLM does`() {
    let world = RouterWorld([.both, .both])
    world.serve([["a"], ["b"]])
    world.teach([["a"], ["b"]])
    let answer = world.fetch(chat("c"))[0]
    #expect(answer.status == 404 && answer.isErrorObject)
    #expect(
      answer.body
        == #"{"error":{"message":"The model `c` does not exist.","type":"NotFoundError","#
        + #""param":null,"code":"model_not_found"}}"#)
    #expect(world.modelQuestions(0) == 1 && world.modelQuestions(1) == 1)
    #expect(world.engines.allSatisfy { $0.requests.count == 1 })
    #expect(world.records.map(\.error?.kind) == [.unknownModel])
    world.expectNothingLeft()
  }

  @Test func `engines are asked again once a second at most, however many ask for nothing`() {
    let world = RouterWorld([.both])
    world.serve([["a"]])
    world.teach([["a"]])
    for _ in 0..<20 { #expect(world.fetch(chat("c")).map(\.status) == [404]) }
    #expect(world.modelQuestions(0) <= 2)
    world.world.run(for: .seconds(2))
    let before = world.modelQuestions(0)
    let clients = (0..<5).map { _ in world.client(.text(chat("d"))) }
    for client in clients { world.awaitAnswers(1, client) }
    #expect(clients.allSatisfy { world.answer(to: $0)?.status == 404 })
    #expect(world.modelQuestions(0) == before + 1)
    world.expectNothingLeft()
  }

  @Test func `an adapter that was loaded a moment ago is found`() {
    let world = RouterWorld([.both, .both])
    world.teach([["a"], ["b"]])
    world.serve([["a"], ["b", "adapter"]])
    #expect(world.fetch(chat("adapter")).map(\.body) == ["w1"])
    #expect(world.registry.workers[1].models?.entries.map(\.id) == ["b", "adapter"])
    world.expectNothingLeft()
  }

  @Test func `whoever waits for the models is answered when an engine does not tell`() {
    let world = RouterWorld([.both, .both])
    world.teach([["a"], ["b"]])
    world.serve([["a"], ["b"]])
    world.engines[1].script = { _ in [] }
    let start = world.world.now
    #expect(world.fetch(chat("c")).map(\.status) == [404])
    let spent = world.world.now - start
    #expect(spent >= .seconds(2) && spent < .seconds(3))
    world.expectNothingLeft()
  }

  @Test func `a client that leaves while it waits for the models is forgotten`() {
    let world = RouterWorld([.both])
    world.teach([["a"]])
    world.engines[0].script = { _ in [.wait(.seconds(1)), .send(RouterWorld.ok)] }
    let client = world.client(.text(chat("c")))
    world.world.run(for: .milliseconds(200))
    #expect(world.router.liveRequests == 1)
    client.hangUp(.close)
    world.world.run(for: .milliseconds(200))
    #expect(world.router.liveRequests == 0)
    #expect(world.fetch(get("/x")).map(\.status) == [200])
    world.world.run(for: .seconds(3))
    world.expectNothingLeft()
  }

  @Test func `a worker that was never asked may serve anything`() {
    let world = RouterWorld([.both, .both])
    world.serve([["a"], ["b"]])
    world.teach([["a"], []])
    for _ in 0..<3 { #expect(world.fetch(chat("c")).map(\.body) == ["w1"]) }
  }

  @Test func `a model whose only worker is ill is not there now, which is no 404`() {
    let world = RouterWorld([.both, .both])
    world.teach([["a"], ["b"]])
    _ = world.registry.workers[1].setHealthy(false)
    world.registry.noteChange()
    let client = world.client(.text(chat("b")))
    world.world.run(for: .seconds(120))
    #expect(world.answer(to: client)?.status == 503)
    #expect(world.engines[0].requests.isEmpty)
  }

  @Test func `another attempt stays with those that serve the model`() {
    let world = RouterWorld([.both, .both, .both])
    world.teach([["a"], ["b"], ["b"]])
    world.serve([["a"], ["b"], ["b"]])
    world.engines[1].script = { _ in [.reset] }
    for _ in 0..<3 { #expect(world.fetch(chat("b")).map(\.body) == ["w2"]) }
    #expect(world.engines[0].requests.isEmpty)
    world.expectNothingLeft()
  }

  @Test func `a model that only decode serves is served whole`() {
    let world = makeSplitWorld()
    world.teach([["m"], ["m"], ["m", "adapter"], ["m"]])
    #expect(world.fetch(chat("adapter")).map(\.status) == [200])
    #expect(world.engines[0].legs.isEmpty && world.engines[1].legs.isEmpty)
    #expect(world.engines[2].legs.count == 1)
    #expect(world.records.map(\.wayReason?.name.description) == ["no_prefill_worker"])
    #expect(world.fetch(chat("m")).map(\.status) == [200])
    #expect(world.records.last?.prefillWorker != nil)
    world.expectAllGivenBack()
  }

  @Test func `a handle is given back through an engine that serves its model`() {
    let world = makeSplitWorld(prefill: 1, decode: 2)
    world.teach([["m"], ["a"], ["m"]])
    world.engines[2].script = { request in
      request.isRelease ? [.send(RouterWorld.answer("{}", status: 400))] : [.reset]
    }
    #expect(world.fetch(chat("m")).map(\.status) == [502])
    world.expectAllGivenBack(within: .seconds(60))
    #expect(world.engines[1].requests.isEmpty && !world.releases.isEmpty)
  }

  @Test(arguments: [
    (#"{"model":"b","input":"x"}"#, "application/json"),
    (
      "--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nRIFF\r\n--X\r\n"
        + "Content-Disposition: form-data; name=\"model\"\r\n\r\nb\r\n--X--\r\n",
      "multipart/form-data; boundary=X"
    ),
  ])
  func `what is passed on unread goes where its model is`(body: String, type: String) {
    let world = RouterWorld([.both, .both])
    world.teach([["a"], ["b"]])
    world.serve([["a"], ["b"]])
    for _ in 0..<3 {
      let request = post("/v1/audio/transcriptions", body, "content-type: \(type)\r\n")
      #expect(world.fetch(request).map(\.body) == ["w1"])
    }
    #expect(world.engines[1].requests.last?.body == body)
    let unknown = body.components(by: "b").joined(separator: "c")
    #expect(world.fetch(post("/y", unknown, "content-type: \(type)\r\n")).map(\.status) == [200])
  }

  @Test func `loading an adapter through the router makes it known at once`() {
    let world = RouterWorld([.both, .both])
    world.teach([["a"], ["a"]])
    world.serve([["a", "x"], ["a"]])
    let load = post("/v1/load_lora_adapter", #"{"lora_name":"x","lora_path":"/x"}"#)
    #expect(world.fetch(load).map(\.body) == ["w0"])
    world.world.run(for: .milliseconds(100))
    #expect(world.registry.workers[0].models?.entries.map(\.id) == ["a", "x"])
    let unload = post("/v1/unload_lora_adapter", #"{"lora_name":"x"}"#)
    for _ in 0..<2 { #expect(world.fetch(unload).map(\.body) == ["w0"]) }
  }

  @Test func `unknown models are passed on where the operator says so`() {
    let world = RouterWorld([.both]) { $0.passesUnknownModels = true }
    world.teach([["a"]])
    world.serve([["a"]])
    #expect(world.fetch(chat("c")).map(\.body) == ["w0"])
  }

  @Test func `every loop learns what any of them has asked`() {
    let world = RouterWorld([.both, .both])
    let second = SecondLoop(of: world)
    world.teach([["a"], ["b"]])
    world.serve([["a"], ["b", "c"]])
    let client = second.client(.text(chat("c")))
    world.awaitAnswers(1, client)
    #expect(world.answer(to: client)?.body == "w1")
    let asked = world.modelQuestions(0)
    #expect(world.fetch(chat("c")).map(\.body) == ["w1"] && world.modelQuestions(0) == asked)
  }
}
