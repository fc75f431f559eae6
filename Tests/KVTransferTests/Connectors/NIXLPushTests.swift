import JSONFields
import KVTransfer
import Testing

struct NIXLPushTests {
  /// As recorded from vLLM 0.32.0.
  private static let recorded =
    #"{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[[1,2]],"#
    + #""remote_engine_id":"e-1","remote_request_id":"cmpl-r-0-9889e014","#
    + #""remote_host":"127.0.0.1","remote_port":9211,"tp_size":2,"dcp_size":1,"pp_size":4,"#
    + #""remote_num_tokens":300,"transfer_mode":"push","remote_prefill_cached_tokens":0}"#
  private static let members =
    #""remote_engine_id":"e-1","remote_host":"127.0.0.1","remote_port":9211,"tp_size":2,"#
    + #""pp_size":4,"dcp_size":1"#

  private func identity(in parameters: String) throws -> KVPeerIdentity? {
    try NIXLConnector().read(#"{"kv_transfer_params":"# + parameters + "}").identity
  }

  @Test func `a push engine's answer says who it is`() throws {
    let found = try #require(try identity(in: Self.recorded))
    #expect(String(decoding: found.members, as: UTF8.self) == Self.members)
    #expect(found.engine == engine("e-1"))
  }

  @Test(arguments: [
    (#""tp_size":2,"#, "", #""tp_size":2"#, #""tp_size":1"#),
    (#""pp_size":4"#, #""pp_size":null"#, #""pp_size":4"#, #""pp_size":1"#),
    (#""remote_host":"127.0.0.1""#, #""remote_host":"h\u00e9""#, "127.0.0.1", #"h\u00e9"#),
    (#""remote_port":9211"#, #""remote_port":"9211""#, "9211", "\"9211\""),
  ])
  func `an identity's members are as in the answer, and a missing size is 1`(
    old: String, new: String, told: String, expected: String
  ) throws {
    let found = try #require(try identity(in: Self.recorded.replacing(old, with: new)))
    let members = Self.members.replacing(told, with: expected)
    #expect(String(decoding: found.members, as: UTF8.self) == members)
  }

  @Test(arguments: [
    (#""transfer_mode":"push""#, #""transfer_mode":"pull""#),
    (#""transfer_mode":"push""#, #""transfer_mode":null"#),
    (#""transfer_mode":"push","#, ""),
    (#""remote_host":"127.0.0.1""#, #""remote_host":null"#),
    (#""remote_engine_id":"e-1""#, #""remote_engine_id":5"#),
  ])
  func `an answer of another mode or an unusable one says nothing in advance`(
    old: String, new: String
  ) throws {
    let changed = Self.recorded.replacing(old, with: new)
    #expect(changed != Self.recorded)
    #expect(try identity(in: changed) == nil)
  }

  @Test(arguments: [(false, LegOrder.prefillFirst), (true, .together)])
  func `only with an engine that is known, and where it is wished, do legs leave together`(
    legsLeaveTogether: Bool, order: LegOrder
  ) {
    let connector = NIXLConnector(legsLeaveTogether: legsLeaveTogether)
    #expect(connector.order(of: handOver()) == .prefillFirst)
    let known = handOver { $0.prefill.identity = KVTransferTests.identity("e", members: "\"x\":1") }
    #expect(connector.order(of: known) == order)
    #expect(connector.canHandOver(handOver()) && connector.canHandOver(known))
    #expect(!connector.abortsWhileWaiting(#"{"transfer_mode":"push"}"#))
    #expect(connector.decodeCanPrefill)
    #expect(connector.pairsByRequestID && connector.requestID(of: known).isEmpty)
  }

  @Test(arguments: [("cmpl-1", "cmpl-1"), ("a\"b\\c\u{1}é", #"a\"b\\c\u0001é"#)])
  func `decode is told the engine, and the request's id as the name they meet under`(
    id: String, escaped: String
  ) {
    withBytes(of: id) { bytes in
      let pair = handOver {
        $0.prefill.identity = KVTransferTests.identity("e-1", members: Self.members)
        $0.requestID = bytes
      }
      let expected =
        #"{"do_remote_prefill":true,"do_remote_decode":false,"# + Self.members
        + #","remote_request_id":""# + escaped
        + #"","remote_block_ids":null,"transfer_mode":"push"}"#
      #expect(NIXLConnector().parameters(of: pair) == expected)
    }
  }

  @Test(arguments: [
    (Self.recorded, KVReleaseMeans.attachment),
    (Self.recorded.replacing(#""push""#, with: #""pull""#), .rejection),
    (#"{"transfer_mode":"p\u0075sh"}"#, .attachment),
    (#"{"transfer_mode":"push","transfer_mode":"pull"}"#, .rejection),
    (#"{"x":{"transfer_mode":"push"},"y":"\"transfer_mode\":\"push\""}"#, .rejection),
    (#"{"transfer_mode":["push"]}"#, .rejection),
    ("{}", .rejection),
  ])
  func `a pushed handle is given back by a receiver, a pulled one by a refusal`(
    parameters: String, means: KVReleaseMeans
  ) {
    #expect(NIXLConnector().releaseMeans(of: parameters) == means)
  }

  @Test func `what is told in advance is given back like what was answered`() {
    let pair = handOver {
      $0.prefill.identity = KVTransferTests.identity("e-1", members: Self.members)
    }
    let connector = NIXLConnector()
    #expect(connector.releaseMeans(of: connector.parameters(of: pair)) == .attachment)
  }
}
