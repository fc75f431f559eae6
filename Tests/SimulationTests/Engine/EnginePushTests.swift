import Simulation
import Testing
import Vocabulary

/// What is NIXL push's own: names made of request ids, and the lease.
@Suite struct EnginePushTests {
  private let dialect = Dialect(connector: .nixlPush)

  private func fleet() -> (EngineFleet, p: EngineFleet.Member, d: EngineFleet.Member) {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1) { $0.connector = .nixlPush }
    let d = fleet.add(port: 2) { $0.connector = .nixlPush }
    return (fleet, p, d)
  }

  @Test func `the answer says push and where prefill is, without an expiry`() throws {
    let (fleet, p, _) = fleet()
    let id = fleet.submit(dialect.prefill(prompt(20), "abc"), to: p)
    fleet.run(until: .seconds(1))
    var bytes = ByteBuffer()
    try #require(p.kv(id)).write(to: &bytes)
    let text = String(decoding: bytes.bytes, as: UTF8.self)
    #expect(
      text.hasPrefix(
        "{\"do_remote_prefill\":true,\"do_remote_decode\":false,\"remote_block_ids\":[[1,2]],"
          + "\"remote_engine_id\":\"engine-1\",\"remote_request_id\":\"cmpl-abc-0-"))
    #expect(
      text.hasSuffix(
        "\"remote_host\":\"127.0.0.1\",\"remote_port\":1,\"tp_size\":1,\"dcp_size\":1,"
          + "\"pp_size\":1,\"remote_num_tokens\":20,\"transfer_mode\":\"push\","
          + "\"remote_prefill_cached_tokens\":0}"))
  }

  @Test func `the answer's own parameters serve decode too`() throws {
    let (fleet, p, d) = fleet()
    let id = fleet.submit(dialect.prefill(prompt(50), "abc"), to: p)
    fleet.run(until: .seconds(1))
    let kv = try #require(p.kv(id))
    let second = fleet.submit(request(prompt(50), maxTokens: 9, kv: kv, id: "abc"), to: d)
    fleet.run(until: .seconds(2))
    #expect(d.text(second) == reference(prompt(50), maxTokens: 9) && p.isIdle && d.isIdle)
  }

  @Test(arguments: ["another id", "another endpoint", "two choices"])
  func `names that differ never meet`(difference: String) {
    let (fleet, p, d) = fleet()
    _ = fleet.submit(dialect.prefill(prompt(50), "abc"), to: p)
    var decode = dialect.decode(prompt(50), difference == "another id" ? "abd" : "abc")
    if difference == "another endpoint" { decode.endpoint = .chat }
    if difference == "two choices" { decode.n = 2 }
    let id = fleet.submit(decode, to: d)
    fleet.run(until: .seconds(40))
    #expect(d.text(id).isEmpty && d.core.deferredCount == decode.n)
    #expect(p.core.exports.counts.expired == 1 && p.isIdle)
  }

  @Test(arguments: ["engine id", "host", "port", "tp size"])
  func `without one of its parameters decode hangs, and its abort kills`(missing: String) {
    let (fleet, _, d) = fleet()
    var decode = dialect.decode(prompt(50))
    switch missing {
    case "engine id": decode.kv?.engineID = nil
    case "host": decode.kv?.host = nil
    case "port": decode.kv?.port = nil
    default: decode.kv?.tpSize = nil
    }
    let id = fleet.submit(decode, to: d)
    fleet.run(until: .seconds(2000))
    #expect(d.core.deferredCount == 1 && !d.isDead)
    fleet.abort(id, on: d)
    #expect(d.isDead)
  }

  @Test func `another engine in prefill's place refuses the registration`() {
    let (fleet, _, d) = fleet()
    _ = fleet.add(port: 1) {
      $0.connector = .nixlPush
      $0.engineID = "restarted"
    }
    _ = fleet.submit(dialect.decode(prompt(50)), to: d)
    fleet.run(until: .seconds(1))
    #expect(d.finishes.map(\.reason) == [.error] && d.isIdle)
  }

  @Test func `an answer that stopped is kept as well`() {
    let (fleet, p, d) = fleet()
    var prefill = dialect.prefill(prompt(50))
    let first = reference(prompt(50), maxTokens: 1)
    prefill.stops = [first]
    _ = fleet.submit(prefill, to: p)
    let id = fleet.submit(dialect.decode(prompt(50)), to: d)
    fleet.run(until: .seconds(1))
    #expect(p.finishes.map(\.reason) == [.stop])
    #expect(d.text(id) == reference(prompt(50), maxTokens: 9))
  }
}
