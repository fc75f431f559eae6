import JSONFields
import KVTransfer
import Testing
import Vocabulary

struct MoRIIOConnectorTests {
  private static let prefillAddress = "host:10.0.0.1,handshake:6301,notify:61005"
  private static let decodeAddress = "host:10.0.0.2,handshake:6301,notify:61005"
  private let reading = MoRIIOConnector(writes: false)
  private let writing = MoRIIOConnector(writes: true)

  /// As made by vLLM 0.32's source.
  private static let answered =
    #"{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[[1,2]],"#
    + #""remote_engine_id":"e-1","remote_host":"10.0.0.1","remote_handshake_port":6301,"#
    + #""remote_notify_port":61005,"remote_dp_rank":1,"remote_dp_rank_override":true,"#
    + #""remote_dp_size":2,"remote_dp_size_local":2,"tp_size":8,"transfer_id":"tx-1"}"#

  private func registered(_ change: (inout KVHandOver) -> Void = { _ in }) -> KVHandOver {
    handOver {
      $0.prefill.messageAddress = Self.prefillAddress
      $0.decode.messageAddress = Self.decodeAddress
      change(&$0)
    }
  }

  private func ranked() -> KVHandOver {
    registered {
      $0.prefill.dataParallelSize = 2
      $0.prefill.dataParallelRank = 1
      $0.prefill.tensorParallelSize = 8
      $0.decode.dataParallelSize = 4
      $0.decode.tensorParallelSize = 2
    }
  }

  private func ask(_ rest: String) -> String {
    #""kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"#
      + #""remote_engine_id":null,"remote_block_ids":null,"transfer_id":"tx-\#(uuidDigits)","#
      + rest + "}"
  }

  private func prefilled(_ rest: String) -> String {
    #"{"prompt":"a","max_tokens":1,"min_tokens":1,"stream":false,"# + ask(rest) + "}"
  }

  @Test func `in READ mode prefill is told how many ranks decode has`() throws {
    let body = #"{"prompt":"a"}"#
    #expect(
      try reading.prefillBody(.completions, body, registered())
        == prefilled(#""remote_dp_size":1"#))
    #expect(
      try reading.prefillBody(.completions, body, ranked()) == prefilled(#""remote_dp_size":4"#))
  }

  @Test func `in WRITE mode prefill is told decode's sizes, and its rank if it has several`() throws
  {
    let body = #"{"prompt":"a"}"#
    #expect(
      try writing.prefillBody(.completions, body, registered())
        == prefilled(#""remote_dp_size":1,"remote_tp_size":1"#))
    #expect(
      try writing.prefillBody(.completions, body, ranked())
        == prefilled(#""remote_dp_size":4,"remote_tp_size":2,"remote_dp_rank":0"#))
  }

  @Test func `in WRITE mode decode is told prefill's sizes, and its rank if it has several`() {
    let start =
      #"{"do_remote_decode":false,"do_remote_prefill":true,"remote_engine_id":null,"#
      + #""remote_block_ids":null,"transfer_id":"tx-\#(uuidDigits)","#
    #expect(
      writing.parameters(of: registered()) == start + #""remote_dp_size":1,"remote_tp_size":1}"#)
    #expect(
      writing.parameters(of: ranked())
        == start + #""remote_dp_size":2,"remote_tp_size":8,"remote_dp_rank":1}"#)
  }

  @Test func `in READ mode decode is given prefill's own words`() throws {
    let text = #"{"kv_transfer_params":\#(Self.answered)}"#
    #expect(try reading.parameters(inAnswer: text, of: ranked()) == Self.answered)
    #expect(try reading.read(text).engine == engine("e-1"))
  }

  @Test(arguments: [("", ""), (#""remote_dp_size":null,"#, #""remote_dp_size":null,"#)])
  func `in READ mode decode is told prefill's ranks where the answer does not`(
    written: String, kept: String
  ) throws {
    let silent = Self.answered.replacing(#""remote_dp_size":2,"#, with: written)
    let expected = silent.dropLast() + #","remote_dp_size":2}"#
    let text = #"{"kv_transfer_params":\#(silent)}"#
    #expect(try reading.parameters(inAnswer: text, of: ranked()) == String(expected))
  }

  @Test(arguments: [
    (#""do_remote_prefill":true"#, #""do_remote_prefill":false"#),
    (#""remote_block_ids":[[1,2]]"#, #""remote_block_ids":null"#),
    (#""remote_engine_id":"e-1""#, #""remote_engine_id":null"#),
    (#","transfer_id":"tx-1""#, ""),
  ])
  func `a handle that lacks what decode needs is no handle`(old: String, new: String) throws {
    let changed = Self.answered.replacing(old, with: new)
    #expect(changed != Self.answered)
    let text = #"{"usage":{"prompt_tokens":5},"kv_transfer_params":\#(changed)}"#
    let answer = try reading.read(text)
    #expect(answer.parameters == nil && answer.absence == .incomplete)
    #expect(answer.promptTokens == TokenCount(5))
  }

  @Test(arguments: [
    ("{}", HandleAbsence.notGiven), (#"{"kv_transfer_params":null}"#, .notGiven),
    (#"{"kv_transfer_params":[]}"#, .notAnObject),
  ])
  func `an answer without a handle says why`(text: String, absence: HandleAbsence) throws {
    #expect(try reading.read(text).absence == absence)
    #expect(throws: JSONError.self) { try reading.read(text + "x") }
  }

  @Test func `the request id carries both message sockets and a number of its own`() {
    let expected =
      "___prefill_addr_\(Self.prefillAddress)___decode_addr_\(Self.decodeAddress)_\(uuidDigits)"
    for connector in [reading, writing] {
      #expect(connector.requestID(of: registered()) == expected)
      #expect(connector.pairsByRequestID)
    }
  }

  @Test func `in READ mode an address is never made up for a worker that has not registered`() {
    #expect(reading.requestID(of: handOver()).isEmpty)
    #expect(reading.canHandOver(handOver()))
    // Decode's is read by nobody there.
    let half = registered { $0.decode.messageAddress = nil }
    #expect(
      reading.requestID(of: half)
        == "___prefill_addr_\(Self.prefillAddress)___decode_addr_10.0.0.2:8000_\(uuidDigits)")
  }

  @Test func `in WRITE mode a pair hands over only when both have registered`() {
    #expect(writing.canHandOver(registered()))
    #expect(!writing.canHandOver(handOver()))
    #expect(!writing.canHandOver(registered { $0.prefill.messageAddress = nil }))
    #expect(!writing.canHandOver(registered { $0.decode.messageAddress = nil }))
  }

  @Test func `the mode decides when the legs leave`() {
    #expect(reading.order(of: registered()) == .prefillFirst)
    #expect(writing.order(of: registered()) == .together)
    for connector in [reading, writing] {
      #expect(!connector.abortsWhileWaiting("{}") && connector.decodeCanPrefill)
      #expect(connector.releaseMeans(of: Self.answered) == .rejection)
    }
  }
}
