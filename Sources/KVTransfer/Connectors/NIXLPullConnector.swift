public import JSONFields
public import Vocabulary

/// vLLM's `NixlConnector` in pull mode: prefill pins the blocks and says where they are, decode
/// reads them and tells prefill to free them.
///
/// Written for vLLM 0.13 and later (0.32 measured). The parameters are opaque: they are handed on
/// byte for byte, because every release adds members to them. Cost: one pass over the answer.
public struct NIXLPullConnector: KVConnector {
  /// The most parameters accepted, in bytes: a million tokens are 62,500 blocks, 0.5 MB per cache
  /// group.
  public static let maximumParameterBytes = 4 * 1024 * 1024

  /// Which connector it is.
  public var name: KVConnectorName { .nixl }

  /// A refused request makes decode tell prefill.
  public func releaseMeans(of parameters: UnsafeRawBufferPointer) -> KVReleaseMeans { .rejection }

  /// Decode tells prefill.
  public var abortsWhileWaiting: Bool { true }

  /// A vLLM engine can do everything.
  public var decodeCanPrefill: Bool { true }

  /// The answer names the hand-over.
  public var pairsByRequestID: Bool { false }

  /// The engines' `kv_lease_duration`.
  public let leaseDuration: Duration

  /// A connector for engines that keep unread blocks for `leaseDuration` (30 s is vLLM's default).
  public init(leaseDuration: Duration = .seconds(30)) {
    precondition(leaseDuration > .zero)
    self.leaseDuration = leaseDuration
  }

  /// Decode waits for prefill's answer.
  public func order(of handOver: KVHandOver) -> LegOrder { .prefillFirst }

  /// The request's own will do.
  public func appendRequestID(of handOver: KVHandOver, to target: inout ByteBuffer) {}

  /// Plans the prefill leg.
  ///
  /// `min_tokens` 1 masks the tokens that would end the answer before its one token: an engine that
  /// stops early may keep nothing. A client's larger `min_tokens` would be refused beside
  /// `max_tokens` 1.
  public func planPrefill(
    of body: UnsafeRawBufferPointer,
    fields: borrowing JSONFields,
    shape: BodyShape,
    handOver: KVHandOver,
    scratch: inout ByteBuffer,
    into edits: inout BodyEdits
  ) throws(JSONError) {
    switch shape {
    case .chat, .completions, .generate: planLimits(into: &edits)
    case .responses: edits.set(.maxOutputTokens, to: "1")
    case .tokensInOut: try planSamplingParameters(of: body, fields: fields, into: &edits)
    }
    edits.setIfPresent(.n, to: "1")
    edits.remove(.bestOf)
    edits.set(.stream, to: "false")
    edits.remove(.streamOptions)
    edits.set(
      .kvTransferParams,
      to: """
        {"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,\
        "remote_block_ids":null,"remote_host":null,"remote_port":null}
        """)
  }

  /// Never: the legs of this connector do not leave together.
  public func appendParameters(of handOver: KVHandOver, to target: inout ByteBuffer) {
    preconditionFailure("a pulled handle is made from prefill's answer")
  }

  /// Appends the answer's parameters as they are.
  public func appendParameters(
    from answer: PrefillAnswer, in bytes: UnsafeRawBufferPointer, of handOver: KVHandOver,
    to target: inout ByteBuffer
  ) {
    guard let parameters = answer.parameters else {
      preconditionFailure("an answer without parameters makes no handle")
    }
    target.append(UnsafeRawBufferPointer(rebasing: bytes[parameters]))
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
    try NIXLAnswerReader(answer).read()
  }

  private func planLimits(into edits: inout BodyEdits) {
    edits.set(.maxTokens, to: "1")
    edits.setIfPresent(.maxCompletionTokens, to: "1")
    edits.set(.minTokens, to: "1")
  }

  private func planSamplingParameters(
    of body: UnsafeRawBufferPointer, fields: borrowing JSONFields, into edits: inout BodyEdits
  ) throws(JSONError) {
    guard let span = fields[.samplingParams], span.kind != .null else {
      edits.set(.samplingParams, to: "{\"max_tokens\":1,\"min_tokens\":1}")
      return
    }
    // Anything but an object is the engine's to refuse.
    guard let parameters = try fields.nested(.samplingParams, in: body) else { return }
    edits.set(.maxTokens, to: "1", in: parameters)
    edits.set(.minTokens, to: "1", in: parameters)
    edits.setIfPresent(.n, to: "1", in: parameters)
    edits.remove(.bestOf, in: parameters)
  }
}
