import EventLoop
import JSONFields
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct HandleListingTests {
  @Test func `no handle makes an empty list`() throws {
    let answer = RouterWorld([.prefill, .decode]).fetch(get("/pd/handles"))[0]
    #expect(answer.status == 200 && answer["content-type"] == "application/json")
    try withBytes(of: answer.body) { bytes in
      let root = try JSONValue(validating: bytes)
      #expect(root["total"]?.integer == 0 && root["more"]?.integer == 0)
      #expect(root["handles"]?.elements.contains { _ in true } == false)
      let stages = root["stages"]?.members.map(\.name) ?? []
      #expect(stages == KVHandleStage.allCases.dropLast().map { $0.name.description })
    }
  }

  @Test func `a live handle is shown with its workers, age, lease and size`() throws {
    let world = RouterWorld([.prefill, .decode])
    let prefill = world.registry.workers[0]
    let id = world.router.ledger.beginPrefill(on: prefill.id, now: world.router.loop.now)
    world.world.run(for: .milliseconds(300))
    withBytes(of: #"{"a":1}"#) { bytes in
      world.router.ledger.hold(id, engine: nil, now: world.router.loop.now) { $0.append(bytes) }
    }
    world.world.run(for: .milliseconds(200))
    let answer = world.fetch(get("/pd/handles"))[0]
    try withBytes(of: answer.body) { bytes in
      let root = try JSONValue(validating: bytes)
      let row = try #require(root["handles"]?[0])
      #expect(row["handle"]?.string == id.description && row["stage"]?.string == "held")
      #expect(row["is_empty"]?.bool == false && row["loop"]?.integer == 0)
      #expect(row["prefill"]?.string == "http://w0:8000" && row["decode"]?.isNull == true)
      #expect((500...520).contains(row["age_ms"]?.integer ?? 0))
      #expect((29_780...29_800).contains(row["lease_left_ms"]?.integer ?? 0))
      #expect(row["parameter_bytes"]?.integer == 7)
      #expect(root["stages"]?["held"]?.integer == 1 && root["total"]?.integer == 1)
    }
    world.router.ledger.settle(id, as: .expired, now: world.router.loop.now)
  }

  @Test func `beyond the limit handles are counted, not shown`() throws {
    let world = RouterWorld([.prefill, .decode])
    let prefill = world.registry.workers[0]
    let ids = (0..<1100).map { _ in
      world.router.ledger.beginPrefill(on: prefill.id, now: world.router.loop.now)
    }
    let answer = world.fetch(get("/pd/handles"))[0]
    try withBytes(of: answer.body) { bytes in
      let root = try JSONValue(validating: bytes)
      #expect(root["total"]?.integer == 1100 && root["more"]?.integer == 100)
      #expect(root["handles"]?.elements.reduce(0) { count, _ in count + 1 } == 1000)
    }
    for id in ids { world.router.ledger.abandonPrefill(id) }
  }
}
