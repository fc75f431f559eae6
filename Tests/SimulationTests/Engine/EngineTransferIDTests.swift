import Simulation
import Testing
import Vocabulary

/// What is Mooncake's and MoRIIO's own: transfer ids, blocks kept by length only, long waits.
@Suite struct EngineTransferIDTests {
  private func fleet(_ connector: EngineConnector) -> (
    EngineFleet, p: EngineFleet.Member, d: EngineFleet.Member
  ) {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1) { $0.connector = connector }
    let d = fleet.add(port: 2) { $0.connector = connector }
    return (fleet, p, d)
  }

  @Test(arguments: [EngineConnector.mooncake, .moriioWrite])
  func `a first token that stops sends nothing, and decode waits in vain`(
    connector: EngineConnector
  ) {
    let dialect = Dialect(connector: connector)
    let (fleet, p, d) = fleet(connector)
    var prefill = dialect.prefill(prompt(50))
    prefill.stops = [reference(prompt(50), maxTokens: 1)]
    _ = fleet.submit(dialect.decode(prompt(50)), to: d)
    _ = fleet.submit(prefill, to: p)
    fleet.run(until: .seconds(100))
    #expect(p.finishes.map(\.reason) == [.stop] && p.isIdle)
    #expect(d.finishes.isEmpty && d.core.deferredCount == 1)
    fleet.run(until: .seconds(500))
    #expect(d.finishes.map(\.reason) == [.error] && d.isIdle)
  }

  @Test(arguments: [
    (EngineConnector.mooncake, 480, 480), (.moriioWrite, 60, 120), (.moriioRead, 3600, 480),
    (.nixlPush, 30, 480), (.sglang, 300, 300),
  ])
  func `each dialect has its own patience`(
    row: (connector: EngineConnector, keep: Int, wait: Int)
  ) {
    var configuration = EngineConfiguration()
    configuration.connector = row.connector
    #expect(configuration.keepTime == .seconds(row.keep))
    #expect(configuration.waitTime == .seconds(row.wait))
    configuration.reclaim = .seconds(7)
    configuration.patience = .seconds(8)
    #expect(configuration.keepTime == .seconds(7) && configuration.waitTime == .seconds(8))
  }

  @Test(arguments: [EngineConnector.mooncake, .moriioWrite])
  func `the answer carries no parameters`(connector: EngineConnector) {
    let dialect = Dialect(connector: connector)
    let (fleet, p, _) = fleet(connector)
    let id = fleet.submit(dialect.prefill(prompt(50)), to: p)
    fleet.run(until: .seconds(1))
    #expect(p.finishes.map(\.reason) == [.length] && p.kv(id) == nil)
    #expect(p.core.exports.count == 1)
  }

  @Test(arguments: ["engine id", "bootstrap", "transfer id"])
  func `without one of its parameters Mooncake's decode hangs, and its abort frees`(
    missing: String
  ) {
    let dialect = Dialect(connector: .mooncake)
    let (fleet, _, d) = fleet(.mooncake)
    var decode = dialect.decode(prompt(50))
    switch missing {
    case "engine id": decode.kv?.engineID = nil
    case "bootstrap": decode.kv?.bootstrapAddress = nil
    default: decode.kv?.transferID = nil
    }
    let id = fleet.submit(decode, to: d)
    fleet.run(until: .seconds(2000))
    #expect(d.core.deferredCount == 1)
    fleet.abort(id, on: d)
    #expect(!d.isDead && d.isIdle)
  }

  @Test func `Mooncake's prefill under another engine id refuses`() {
    let dialect = Dialect(connector: .mooncake)
    let (fleet, p, d) = fleet(.mooncake)
    var decode = dialect.decode(prompt(50))
    decode.kv?.engineID = "somebody else"
    _ = fleet.submit(dialect.prefill(prompt(50)), to: p)
    _ = fleet.submit(decode, to: d)
    fleet.run(until: .seconds(1))
    #expect(d.finishes.map(\.reason) == [.error] && p.core.exports.count == 1)
  }

  @Test func `a prefill without a transfer id keeps nothing`() {
    let (fleet, p, _) = fleet(.mooncake)
    _ = fleet.submit(request(prompt(50), maxTokens: 1, kv: .prefill), to: p)
    fleet.run(until: .seconds(1))
    #expect(p.finishes.count == 1 && p.isIdle && p.core.pool.used == 0)
  }

  @Test(arguments: [
    ("plain", "plain"),
    (
      "___prefill_addr_127.0.0.1:1___decode_addr_127.0.0.1:9_x",
      "___prefill_addr_127.0.0.1:1___decode_addr_127.0.0.1:2_x"
    ),
  ])
  func `MoRIIO's engines never meet when the request id does not name both`(
    row: (prefill: String, decode: String)
  ) {
    let dialect = Dialect(connector: .moriioWrite)
    let (fleet, p, d) = fleet(.moriioWrite)
    var prefill = dialect.prefill(prompt(50))
    prefill.requestID = row.prefill
    var decode = dialect.decode(prompt(50))
    decode.requestID = row.decode
    _ = fleet.submit(prefill, to: p)
    let id = fleet.submit(decode, to: d)
    fleet.run(until: .seconds(61))
    #expect(d.text(id).isEmpty && d.core.deferredCount == 1 && p.isIdle)
    fleet.abort(id, on: d)
    #expect(!d.isDead && d.isIdle)
  }

  @Test(
    arguments: [
      ("___prefill_addr_a:1___decode_addr_b:2_x", "a:1", "b:2"),
      ("cmpl-___prefill_addr_http://a:1___decode_addr_[::1]:2_x_y", "a:1", nil),
      ("___prefill_addr_http://a:1___decode_addr_[::1]:2_y", "a:1", "[::1]:2"),
      ("___prefill_addr_a___decode_addr_b:2_x", nil, nil),
      ("___prefill_addr_a:1___decode_addr_b:70000_x", nil, nil),
      ("___prefill_addr_a:1_x", nil, nil), ("", nil, nil), ("___decode_addr_b:2_x", nil, nil),
      ("___prefill_addr_:1___decode_addr_b:2_x", nil, nil),
    ] as [(String, String?, String?)])
  func `a pair's name says where both are, or nothing`(
    row: (id: String, prefill: String?, decode: String?)
  ) {
    let pair = KVPairName(requestID: row.id)
    #expect(pair?.decode.description == row.decode)
    if row.decode != nil { #expect(pair?.prefill.description == row.prefill) }
  }

  // MARK: MoRIIO, READ

  private func readPrefill(_ name: String = "r") -> EngineRequest {
    var kv = KVParameters.prefill
    kv.transferID = "tx-\(name)"
    kv.dpSize = 2
    return request(prompt(100), maxTokens: 1, kv: kv, id: name)
  }

  @Test func `in READ mode the answer carries transfer id and size, and serves decode once`() throws
  {
    let (fleet, p, d) = fleet(.moriioRead)
    let first = fleet.submit(readPrefill(), to: p)
    fleet.run(until: .seconds(100))
    let kv = try #require(p.kv(first))
    #expect(kv.transferID == "tx-r" && kv.dpSize == 2 && kv.transferMode == nil)
    var bytes = ByteBuffer()
    kv.write(to: &bytes)
    #expect(KVParameters(json: bytes.bytes) == kv)
    let id = fleet.submit(request(prompt(100), maxTokens: 9, kv: kv), to: d)
    fleet.run(until: .seconds(102))
    #expect(d.text(id) == reference(prompt(100), maxTokens: 9))
    #expect(p.core.exports.counts.misuses == 0 && p.isIdle && d.isIdle)
    _ = fleet.submit(request(prompt(100, seed: 2), maxTokens: 9, kv: kv), to: d)
    fleet.run(until: .seconds(104))
    #expect(p.core.exports.counts.doubleUses == 1)
  }

  @Test func `in READ mode nobody renews, and blocks stay for an hour`() {
    let (fleet, p, _) = fleet(.moriioRead)
    _ = fleet.submit(readPrefill(), to: p)
    fleet.run(until: .seconds(3600))
    #expect(p.core.exports.pinnedBlocks == 7)
    fleet.run(until: .seconds(3601))
    #expect(p.core.exports.counts.expired == 1 && p.isIdle)
  }

  @Test func `in READ mode an answer that stopped carries nothing and keeps nothing`() {
    let (fleet, p, _) = fleet(.moriioRead)
    var prefill = readPrefill()
    prefill.stops = [reference(prompt(100), maxTokens: 1)]
    let id = fleet.submit(prefill, to: p)
    fleet.run(until: .seconds(1))
    #expect(p.finishes.map(\.reason) == [.stop] && p.kv(id) == nil && p.isIdle)
  }

  @Test func `in READ mode an abort in decode's queue or a refusal frees prefill`() throws {
    let (fleet, p, d) = fleet(.moriioRead)
    let first = fleet.submit(readPrefill("a"), to: p)
    let second = fleet.submit(readPrefill("b"), to: p)
    fleet.run(until: .seconds(1))
    let kv = try #require(p.kv(first))
    let id = fleet.submit(request(prompt(100), kv: kv), to: d)
    fleet.abort(id, on: d)
    d.core.refuse(p.kv(second))
    fleet.run(until: .seconds(2))
    #expect(p.core.exports.counts.released == 2 && p.isIdle && d.isIdle)
  }

  @Test func `in READ mode incomplete parameters hang, and their abort frees`() throws {
    let (fleet, p, d) = fleet(.moriioRead)
    let first = fleet.submit(readPrefill(), to: p)
    fleet.run(until: .seconds(1))
    var kv = try #require(p.kv(first))
    kv.blockIDs = nil
    let id = fleet.submit(request(prompt(100), kv: kv), to: d)
    fleet.run(until: .seconds(900))
    #expect(d.core.deferredCount == 1)
    fleet.abort(id, on: d)
    #expect(!d.isDead && d.isIdle)
  }
}
