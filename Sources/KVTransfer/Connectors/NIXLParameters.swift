internal import JSONFields
internal import Vocabulary

/// What is known so far of the members of the parameters in a NIXL prefill answer.
///
/// Six of them decode cannot do without (vLLM 0.13 to 0.33). Borrows the answer's bytes.
struct NIXLParameters {
  /// Which incarnation of the engine made them.
  private(set) var engine: KVEngineIdentity?
  /// `remote_num_tokens`.
  private(set) var transferTokens: TokenCount?
  /// `remote_prefill_cached_tokens`.
  private(set) var cachedTokens: TokenCount?
  /// Whether the engine put the prompt's token ids there itself.
  private(set) var holdPromptTokens = false

  private var found: UInt8 = 0
  private var pushes = false
  private var engineID: JSONValue?
  private var host: JSONValue?
  private var port: JSONValue?
  private var tensorSize: JSONValue?
  private var pipelineSize: JSONValue?
  private var contextSize: JSONValue?

  /// Whether all is there that decode needs.
  var areComplete: Bool { found == 0b11_1111 }

  /// Takes one member in.
  ///
  /// By length first: comparing strings is what reading an answer costs most.
  mutating func note(_ name: String, _ value: JSONValue) {
    switch name.utf8.count {
    case 7, 8: noteSize(name, value)
    case 11: noteAddress(name, value)
    case 13: if name == "transfer_mode" { pushes = NIXLParameters.isPush(value) }
    case 16: noteList(name, value)
    case 17: noteRequest(name, value)
    case 28:
      if name == "remote_prefill_cached_tokens" { cachedTokens = EngineAnswer.count(value) }
    default: break
    }
  }

  /// What decode engines must be told of this prefill engine before it has answered; nil unless it
  /// writes to them.
  var identity: KVPeerIdentity? {
    guard pushes, areComplete, let engine, let engineID, let host, let port else { return nil }
    var members = ByteBuffer(capacity: 256)
    NIXLParameters.append("\"remote_engine_id\":", engineID, to: &members)
    NIXLParameters.append(",\"remote_host\":", host, to: &members)
    NIXLParameters.append(",\"remote_port\":", port, to: &members)
    NIXLParameters.append(",\"tp_size\":", tensorSize, to: &members)
    NIXLParameters.append(",\"pp_size\":", pipelineSize, to: &members)
    NIXLParameters.append(",\"dcp_size\":", contextSize, to: &members)
    return KVPeerIdentity(engine: engine, members: Array(members.bytes))
  }

  /// Whether a `transfer_mode` says that prefill writes.
  static func isPush(_ mode: JSONValue) -> Bool { mode.string == "push" }

  private mutating func noteSize(_ name: String, _ value: JSONValue) {
    switch name {
    case "tp_size": tensorSize = value
    case "pp_size": pipelineSize = value
    case "dcp_size": contextSize = value
    default: break
    }
  }

  private mutating func noteAddress(_ name: String, _ value: JSONValue) {
    switch name {
    case "remote_host":
      mark(4, !value.isNull)
      host = value
    case "remote_port":
      mark(5, !value.isNull)
      port = value
    default: break
    }
  }

  private mutating func noteList(_ name: String, _ value: JSONValue) {
    switch name {
    case "remote_block_ids": mark(1, value.kind == .array)
    case "remote_engine_id": noteEngine(value)
    case "prompt_token_ids": holdPromptTokens = true
    default: break
    }
  }

  private mutating func noteRequest(_ name: String, _ value: JSONValue) {
    switch name {
    case "do_remote_prefill": mark(0, value.bool == true)
    case "remote_request_id": mark(3, value.kind == .string)
    case "remote_num_tokens": transferTokens = EngineAnswer.count(value)
    default: break
    }
  }

  private mutating func noteEngine(_ value: JSONValue) {
    mark(2, value.kind == .string)
    engineID = value
    engine =
      value.kind == .string
      ? KVEngineIdentity(
        engineID: UnsafeRawBufferPointer(rebasing: value.raw.dropFirst().dropLast())) : nil
  }

  private mutating func mark(_ bit: UInt8, _ isUsable: Bool) {
    if isUsable { found |= 1 << bit } else { found &= ~(1 << bit) }
  }

  /// Appends a member as it stands in the answer; one that is missing is a size of 1.
  private static func append(
    _ name: StaticString, _ value: JSONValue?, to members: inout ByteBuffer
  ) {
    members.append(name)
    if let value, !value.isNull { members.append(value.raw) } else { members.append("1") }
  }
}
