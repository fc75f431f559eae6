import JSONFields
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct WorkerAPITests {
  /// The value of a member of an answer's body.
  private func member<Value>(
    _ answer: HTTPAnswer, _ read: (JSONValue) -> Value?
  ) -> Value? {
    withBytes(of: answer.body) { bytes in
      (try? JSONValue(validating: bytes)).flatMap { read($0) }
    }
  }

  private func delete(_ path: String) -> String { get(path, method: "DELETE") }

  @Test func `a worker is added, listed, shown, used and removed`() {
    let world = RouterWorld([.prefill, .decode])
    let late = ScriptedEngine(on: world.world.makeHost("late")) { _ in [.send(RouterWorld.ok)] }
    let body =
      #"{"url":"http://late:8000","worker_type":"decode","key":"a\"b","labels":{"z":"1","a":"2"}}"#
    let added = world.fetch(post("/workers", body))[0]
    #expect(added.status == 200 && member(added) { $0["success"]?.bool } == true)
    #expect(
      member(added) { $0["message"]?.string } == "Worker http://late:8000 added successfully")
    #expect(member(added) { $0["worker"]?["id"]?.integer } == 2)
    let list = world.fetch(get("/workers"))[0]
    #expect(member(list) { $0["total"]?.integer } == 3)
    #expect(member(list) { $0["stats"]?["decode_count"]?.integer } == 2)
    #expect(member(list) { $0["stats"]?["prefill_count"]?.integer } == 1)
    #expect(member(list) { $0["workers"]?[2]?["url"]?.string } == "http://late:8000")
    for name in ["2", "http%3A%2F%2Flate%3A8000", "http://late:8000", "http://late:8000/"] {
      let shown = world.fetch(get("/workers/\(name)"))[0]
      #expect(shown.status == 200 && member(shown) { $0["id"]?.integer } == 2)
      #expect(member(shown) { $0["key"]?.string } == "a\"b")
      #expect(member(shown) { $0["labels"]?["a"]?.string } == "2")
      #expect(member(shown) { $0["state"]?.string } == "active")
    }
    for _ in 0..<2 { _ = world.fetch(get("/x")) }
    #expect(late.requests.count == 1)
    let removed = world.fetch(delete("/workers/http%3A%2F%2Flate%3A8000"))[0]
    #expect(removed.status == 200)
    #expect(
      member(removed) { $0["message"]?.string } == "Worker http://late:8000 removed successfully")
    #expect(world.fetch(delete("/workers/2")).map(\.status) == [404])
    #expect(world.fetch(get("/workers/2")).map(\.status) == [404])
    for _ in 0..<2 { _ = world.fetch(get("/x")) }
    #expect(late.requests.count == 1)
  }

  @Test(arguments: [
    ("/workers/9", 404, "WORKER_NOT_FOUND"),
    ("/workers/http%3A%2F%2Fno%3A1", 404, "WORKER_NOT_FOUND"),
    ("/workers/99999999999999999999", 404, "WORKER_NOT_FOUND"),
    ("/workers/nonsense%22", 404, "WORKER_NOT_FOUND"), ("/workers/%zz", 400, "INVALID_WORKER_NAME"),
    ("/workers/http://both:1", 409, "AMBIGUOUS_WORKER"),
  ])
  func `a name that is nobody's, malformed or two workers' is refused`(
    path: String, status: Int, code: String
  ) throws {
    let world = RouterWorld([.prefill, .decode])
    let url = try WorkerURL("http://both:1")
    world.registry.add(url, role: .prefill)
    world.registry.add(url, role: .decode)
    for request in [
      get(path), delete(path), post(path + "/drain", ""), post(path + "/undrain", ""),
      get(path + "/drained"),
    ] {
      let answer = world.fetch(request)[0]
      #expect(answer.status == status && answer.isErrorObject)
      #expect(member(answer) { $0["code"]?.string } == code)
    }
    #expect(world.registry.workers.count == 4)
  }

  @Test func `a worker that is there already, or a body that is wrong, is refused`() {
    let world = RouterWorld([.both])
    for body in [#"{"url":"http://w0:8000"}"#, #"{"url":"ftp://w1"}"#, "nonsense"] {
      let answer = world.fetch(post("/workers", body))[0]
      #expect(answer.status == 400 && answer.isErrorObject)
      #expect(member(answer) { $0["code"]?.string } == "ADD_WORKER_FAILED")
    }
    #expect(world.registry.workers.count == 1)
  }

  @Test func `a drain is told done when nothing of the worker is left, and can be undone`() {
    let world = RouterWorld([.prefill, .decode]) { $0.admission.queueSize = 0 }
    let answer = #"{"kv_transfer_params":null}"#
    world.engines[0].script = { _ in [.wait(.seconds(1)), .send(RouterWorld.answer(answer))] }
    world.engines[1].script = { _ in [.wait(.seconds(1)), .send(RouterWorld.ok)] }
    let client = world.client(.text(post("/v1/chat/completions", chatBody)))
    world.world.run(for: .milliseconds(100))
    for number in 0...1 {
      let active = world.fetch(get("/workers/\(number)/drained"))[0]
      #expect(active.status == 503 && member(active) { $0["state"]?.string } == "active")
      #expect(world.fetch(post("/workers/\(number)/drain", "")).map(\.status) == [200])
      let busy = world.fetch(get("/workers/\(number)/drained"))[0]
      #expect(busy.status == 503 && busy["retry-after"] == "1")
      #expect(member(busy) { $0["drained"]?.bool } == false)
      #expect(member(busy) { $0["requests_in_flight"]?.integer } == 1)
      #expect(member(busy) { $0["handles"]?.integer } == 1 - number)
    }
    #expect(world.fetch(post("/v1/chat/completions", chatBody)).map(\.status) == [503])
    world.awaitAnswers(1, client)
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200])
    for number in 0...1 {
      let done = world.fetch(get("/workers/\(number)/drained"))[0]
      #expect(done.status == 200 && member(done) { $0["drained"]?.bool } == true)
      let undone = world.fetch(post("/workers/\(number)/undrain", ""))[0]
      #expect(undone.status == 200 && member(undone) { $0["worker"]?["state"]?.string } == "active")
    }
    #expect(world.fetch(post("/v1/chat/completions", chatBody)).map(\.status) == [200])
    world.expectNothingLeft()
  }

  @Test func `a worker that was removed is told drained as long as it is remembered`() {
    let world = RouterWorld([.both, .both])
    world.engines[0].script = { _ in [.wait(.seconds(1)), .send(RouterWorld.ok)] }
    let client = world.client(.text(get("/x")))
    world.world.run(for: .milliseconds(100))
    _ = world.fetch(delete("/workers/0"))
    for name in ["0", "http://w0:8000"] {
      let busy = world.fetch(get("/workers/\(name)/drained"))[0]
      #expect(busy.status == 503 && member(busy) { $0["state"]?.string } == "gone")
    }
    world.awaitAnswers(1, client)
    for name in ["0", "http://w0:8000"] {
      #expect(world.fetch(get("/workers/\(name)/drained")).map(\.status) == [200])
    }
  }
}
