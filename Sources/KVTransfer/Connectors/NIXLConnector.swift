public import JSONFields
public import Vocabulary

/// vLLM's NIXL connectors: `NixlConnector`, where decode reads the blocks that prefill pins
/// (pull), and `NixlPushConnector`, where prefill writes them to decode (push).
///
/// Which of the two the engines run is seen in their answers, so there is nothing to configure. A
/// push is served like a pull, unless the legs are to leave together: they do once an answer has
/// said who the engine is (`PrefillAnswer.identity`).
///
/// Written for vLLM 0.13 and later (0.32 measured). The parameters are opaque: they are handed on
/// byte for byte, because every release adds members to them. Cost: one pass over the answer.
public struct NIXLConnector: KVConnector {
  /// The most parameters accepted, in bytes.
  public static var maximumParameterBytes: Int { EngineAnswer.maximumParameterBytes }

  /// How the token ids are added to the parameters.
  static let promptTokensName: StaticString = ",\"prompt_token_ids\":"

  /// Which connector it is.
  public var name: KVConnectorName { .nixl }

  /// The engines' `kv_lease_duration`.
  public let leaseDuration: Duration

  /// Whether decode is given the token ids that prefill made of a chat, so that it need not render
  /// and tokenise it again (vLLM 0.28; earlier releases ignore them).
  public let sharesPromptTokens: Bool

  /// Whether both legs leave at once where prefill is known to write.
  public let legsLeaveTogether: Bool

  /// A connector for engines that keep unread blocks for `leaseDuration` (30 s is vLLM's default).
  public init(
    leaseDuration: Duration = .seconds(30), sharesPromptTokens: Bool = true,
    legsLeaveTogether: Bool = false
  ) {
    precondition(leaseDuration > .zero)
    self.leaseDuration = leaseDuration
    self.sharesPromptTokens = sharesPromptTokens
    self.legsLeaveTogether = legsLeaveTogether
  }

  /// Where it pulls. A decode engine that waits to be written to keeps its blocks when its client
  /// leaves, and tells prefill nothing (measured on 0.32).
  public func abortsWhileWaiting(with parameters: UnsafeRawBufferPointer) -> Bool {
    releaseMeans(of: parameters) == .rejection
  }

  /// A vLLM engine can do everything.
  public var decodeCanPrefill: Bool { true }

  /// Push engines find each other by `X-Request-Id`.
  public var pairsByRequestID: Bool { true }

  /// Unless it pushes or ever did: a pull engine names each handle anew. What it made for an answer
  /// that was lost with its connection stays to the lease either way.
  public func mayRepeatPrefill(of handOver: KVHandOver) -> Bool { !handOver.prefill.hasHadIdentity }

  /// What prefill answers says all there is to say.
  public var namesRanks: Bool { false }

  /// A pulled handle by a refusal; a pushed one needs a receiver, because a refusal frees nothing
  /// there (measured on 0.32).
  public func releaseMeans(of parameters: UnsafeRawBufferPointer) -> KVReleaseMeans {
    do throws(JSONError) {
      guard let mode = try JSONFields.member("transfer_mode", of: parameters) else {
        return .rejection
      }
      return NIXLParameters.isPush(JSONValue(at: mode, of: parameters)) ? .attachment : .rejection
    } catch {
      preconditionFailure("parameters come from a validated answer: \(error)")
    }
  }

  /// Whenever decode pulls. Where prefill pushes the two must know the request by one name, and
  /// `/v1/responses` draws its own in each engine (measured on 0.32: decode waits for ever).
  public func canHandOver(_ handOver: KVHandOver) -> Bool {
    handOver.prefill.identity == nil || handOver.shape != .responses
  }

  /// Decode waits for prefill's answer, unless told otherwise and prefill is known to write.
  public func order(of handOver: KVHandOver) -> LegOrder {
    legsLeaveTogether && handOver.prefill.identity != nil ? .together : .prefillFirst
  }

  /// The request's own will do.
  public func appendRequestID(of handOver: KVHandOver, to target: inout ByteBuffer) {}

  /// Plans the prefill leg.
  public func planPrefill(
    of body: UnsafeRawBufferPointer,
    fields: borrowing JSONFields,
    shape: BodyShape,
    handOver: KVHandOver,
    scratch: inout ByteBuffer,
    into edits: inout BodyEdits
  ) throws(JSONError) {
    try OneTokenLeg.plan(of: body, fields: fields, shape: shape, needing: .anyStop, into: &edits)
    // Only a chat's answer repeats the ids where a decode engine takes them for a chat. Legs that
    // leave together have no use for them.
    if sharesPromptTokens, shape == .chat, order(of: handOver) == .prefillFirst {
      edits.set(.returnTokenIds, to: "true")
    }
    edits.set(
      .kvTransferParams,
      to: """
        {"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,\
        "remote_block_ids":null,"remote_host":null,"remote_port":null}
        """)
  }

  /// Appends what a decode engine needs to be written to: whom it will hear from, and under which
  /// name.
  public func appendParameters(of handOver: KVHandOver, to target: inout ByteBuffer) {
    guard let identity = handOver.prefill.identity else {
      preconditionFailure("legs leave together only with a prefill engine that is known")
    }
    target.append("{\"do_remote_prefill\":true,\"do_remote_decode\":false,")
    identity.members.withUnsafeBytes { target.append($0) }
    target.append(",\"remote_request_id\":")
    target.append(jsonString: handOver.requestID)
    target.append(",\"remote_block_ids\":null,\"transfer_mode\":\"push\"}")
  }

  /// Appends the answer's parameters as they are, and the prompt's token ids as their last member.
  public func appendParameters(
    from answer: PrefillAnswer, in bytes: UnsafeRawBufferPointer, of handOver: KVHandOver,
    to target: inout ByteBuffer
  ) {
    guard let parameters = answer.parameters else {
      preconditionFailure("an answer without parameters makes no handle")
    }
    target.append(UnsafeRawBufferPointer(rebasing: bytes[parameters]))
    guard let tokens = answer.promptTokenIDs else { return }
    target.removeLast(1)
    target.append(NIXLConnector.promptTokensName)
    target.append(UnsafeRawBufferPointer(rebasing: bytes[tokens]))
    target.append(UInt8(ascii: "}"))
  }

  /// Plans the decode leg.
  public func planDecode(parameters: UnsafeRawBufferPointer, into edits: inout BodyEdits) {
    guard !parameters.isEmpty else { return edits.planWholeLeg() }
    edits.set(.kvTransferParams, toRaw: parameters)
  }

  /// Reads the prefill leg's answer.
  ///
  /// The handle counts only with the six members that decode needs: without `remote_request_id` a
  /// decode engine hangs and then dies, without the others it computes the prompt again anyway.
  public func readPrefillAnswer(
    _ answer: UnsafeRawBufferPointer
  ) throws(JSONError) -> PrefillAnswer {
    try NIXLAnswerReader(answer, sharesPromptTokens: sharesPromptTokens).read()
  }
}
