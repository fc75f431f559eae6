import JSONFields
import KVTransfer
import Vocabulary

/// A handle's life in the ledger; the edits of both legs of an 8 KB chat body; an answer; the
/// verdict.
func kvTransferBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  let body = chatBody(contentBytes: 8 * 1024)
  let answer = prefillAnswer(blocks: 128)
  return [
    (name: "kv ledger life", bytes: 0, run: { liveRepeatedly($0) }),
    (name: "kv prefill leg 8 KB", bytes: body.count, run: { planPrefill(body, $0) }),
    (name: "kv decode leg 8 KB", bytes: body.count, run: { planDecode(body, $0) }),
    (name: "kv prefill answer", bytes: answer.count, run: { readAnswer(answer, $0) }),
    (name: "kv disaggregability 8 KB", bytes: body.count, run: { judge(body, $0) }),
  ]
}

private let parameters = Array(prefillParameters(blocks: 128).utf8)

private func prefillParameters(blocks: Int) -> String {
  let ids = (0..<blocks).map { String(1000 + $0) }.joined(separator: ",")
  return #"{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[["# + ids
    + #"]],"remote_engine_id":"939dd6df-6b1f-4c62-9d0b-0123456789ab","remote_request_id":"#
    + #""cmpl-abc-0-9889e014","remote_host":"10.0.0.7","remote_port":5601,"tp_size":1,"#
    + #""dcp_size":1,"pp_size":1,"remote_num_tokens":2048,"remote_blocks_expiry_time":null,"#
    + #""transfer_mode":"pull","remote_prefill_cached_tokens":0}"#
}

private func prefillAnswer(blocks: Int) -> [UInt8] {
  let text =
    #"{"id":"chatcmpl-abc","object":"chat.completion","created":1,"model":"m","choices":[{"index":"#
    + #"0,"message":{"role":"assistant","content":" a"},"finish_reason":"length"}],"usage":"#
    + #"{"prompt_tokens":2048,"total_tokens":2049,"completion_tokens":1},"kv_transfer_params":"#
    + prefillParameters(blocks: blocks) + "}"
  return Array(text.utf8)
}

private func chatBody(contentBytes: Int) -> [UInt8] {
  let content = String(
    repeating: "All work and no play makes a dull day. ", count: contentBytes / 39)
  let text =
    #"{"model":"m","messages":[{"role":"user","content":""# + content
    + #""}],"max_tokens":256,"temperature":0.7,"stream":true,"#
    + #""stream_options":{"include_usage":true}}"#
  return Array(text.utf8)
}

private func liveRepeatedly(_ iterations: Int) {
  var ledger = KVLedger(lease: .seconds(30), margin: .seconds(5))
  let worker = WorkerID(number: 3)
  let engine = parameters.withUnsafeBytes { KVEngineIdentity(engineID: $0) }
  parameters.withUnsafeBytes { bytes in
    for iteration in 0..<iterations {
      let now = Instant(nanoseconds: Int64(iteration))
      let id = ledger.beginPrefill(on: worker, now: now)
      ledger.hold(id, engine: engine, now: now) { $0.append(bytes) }
      precondition(ledger.dispatch(id, to: worker, now: now) == .go)
      ledger.attach(id)
      ledger.settle(id, as: .consumed, now: now)
    }
  }
  precondition(ledger.counts.consumed == iterations)
}

/// Times planning and cutting, not validation: the fields are read once.
private func editRepeatedly(
  _ body: [UInt8], _ iterations: Int,
  _ plan: (UnsafeRawBufferPointer, borrowing JSONFields, inout BodyEdits) -> Void
) {
  body.withUnsafeBytes { bytes in
    guard let fields = try? JSONFields(validating: bytes) else { preconditionFailure() }
    var edits = BodyEdits()
    var result = EditedBody()
    for _ in 0..<iterations {
      plan(bytes, fields, &edits)
      edits.apply(to: fields, of: bytes, into: &result)
    }
    precondition(iterations == 0 || result.count > 0)
  }
}

private func planPrefill(_ body: [UInt8], _ iterations: Int) {
  let connector = KVConnectorName.nixl.make()
  var scratch = ByteBuffer()
  let handOver = KVHandOver(
    prefill: KVPeer(host: "127.0.0.1", port: 1), decode: KVPeer(host: "127.0.0.1", port: 2),
    shape: .chat,
    number: (0, 0), requestID: UnsafeRawBufferPointer(start: nil, count: 0))
  editRepeatedly(body, iterations) { bytes, fields, edits in
    do {
      try connector.planPrefill(
        of: bytes, fields: fields, shape: .chat, handOver: handOver, scratch: &scratch,
        into: &edits)
    } catch {
      preconditionFailure("the body has no nested fields: \(error)")
    }
  }
}

private func planDecode(_ body: [UInt8], _ iterations: Int) {
  let connector = KVConnectorName.nixl.make()
  parameters.withUnsafeBytes { handle in
    editRepeatedly(body, iterations) { _, _, edits in
      connector.planDecode(parameters: handle, into: &edits)
    }
  }
}

private func readAnswer(_ answer: [UInt8], _ iterations: Int) {
  let connector = KVConnectorName.nixl.make()
  var bytesSeen = 0
  answer.withUnsafeBytes { bytes in
    for _ in 0..<iterations {
      guard let read = try? connector.readPrefillAnswer(bytes) else { preconditionFailure() }
      bytesSeen &+= read.parameters?.count ?? 0
    }
  }
  precondition(bytesSeen >= iterations)
}

private func judge(_ body: [UInt8], _ iterations: Int) {
  body.withUnsafeBytes { bytes in
    guard let fields = try? JSONFields(validating: bytes) else { preconditionFailure() }
    var splittable = 0
    for _ in 0..<iterations {
      let verdict = Disaggregability(of: fields, in: bytes, shape: .chat)
      if verdict == .splittable { splittable &+= 1 }
    }
    precondition(splittable == iterations)
  }
}
