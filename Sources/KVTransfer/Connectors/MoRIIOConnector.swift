public import JSONFields
public import Vocabulary

/// vLLM's `MoRIIOConnector`: in READ mode decode reads the blocks after prefill has answered, in
/// WRITE mode both legs leave at once and prefill writes.
///
/// The engines learn each other's message sockets from the `X-Request-Id`. In WRITE mode there is
/// no other way, so both workers must have named theirs; in READ mode the answer names prefill's,
/// and the id does it only for workers that registered. An address of the wrong form raises an
/// error in the engine's scheduler, so none is ever made up.
public struct MoRIIOConnector: KVConnector {
  /// Which connector it is.
  public var name: KVConnectorName { .moriio }

  /// Whether the engines run in WRITE mode.
  public let writes: Bool

  /// How long prefill keeps blocks that nobody fetched: the engines' `defer_timeout`.
  ///
  /// vLLM 0.32 also has a limit of 3,600 s for READ mode, but frees such blocks after this time.
  public let leaseDuration: Duration

  /// A connector for engines of one mode; 60 s is vLLM's default.
  public init(writes: Bool, leaseDuration: Duration = .seconds(60)) {
    precondition(leaseDuration > .zero)
    self.writes = writes
    self.leaseDuration = leaseDuration
  }

  /// A refused request makes decode tell prefill.
  public func releaseMeans(of parameters: UnsafeRawBufferPointer) -> KVReleaseMeans { .rejection }

  /// In WRITE mode, by the `transfer_id` that the router drew; in READ mode the answer tells where
  /// the blocks are.
  public var namesAhead: Bool { writes }

  /// A decode engine that waits to be written to gives up only after its own 120 s.
  public func abortsWhileWaiting(with parameters: UnsafeRawBufferPointer) -> Bool { false }

  /// A vLLM engine can do everything.
  public var decodeCanPrefill: Bool { true }

  /// The engines find each other by `X-Request-Id`.
  public var pairsByRequestID: Bool { true }

  /// The rank stands in the parameters.
  public var namesRanks: Bool { true }

  /// In WRITE mode, once both have registered.
  public func canHandOver(_ handOver: KVHandOver) -> Bool {
    !writes || (handOver.prefill.messageAddress != nil && handOver.decode.messageAddress != nil)
  }

  /// In WRITE mode, where prefill finds decode through the request's id.
  public var bindsDecode: Bool { writes }

  /// As the mode wants it.
  public func order(of handOver: KVHandOver) -> LegOrder { writes ? .together : .prefillFirst }

  /// Appends the id that carries both addresses.
  ///
  /// Nothing in READ mode when prefill has not registered: decode then goes by the answer.
  public func appendRequestID(of handOver: KVHandOver, to target: inout ByteBuffer) {
    guard writes || handOver.prefill.messageAddress != nil else { return }
    target.append("___prefill_addr_")
    MoRIIOConnector.appendAddress(of: handOver.prefill, to: &target)
    target.append("___decode_addr_")
    MoRIIOConnector.appendAddress(of: handOver.decode, to: &target)
    target.append(UInt8(ascii: "_"))
    HandOverName.appendDigits(of: handOver.number, to: &target)
  }

  /// Plans the prefill leg.
  public func planPrefill(
    of body: UnsafeRawBufferPointer,
    fields: borrowing JSONFields,
    shape: BodyShape,
    handOver: KVHandOver,
    scratch: inout ByteBuffer,
    into edits: inout BodyEdits
  ) throws(JSONError) {
    try OneTokenLeg.plan(
      of: body, fields: fields, shape: shape, needing: .fullLength, into: &edits)
    scratch.removeAll()
    scratch.append("{\"do_remote_decode\":true,\"do_remote_prefill\":false,")
    appendTransfer(of: handOver, with: handOver.decode, to: &scratch)
    edits.set(.kvTransferParams, toRaw: scratch.bytes)
    scratch.removeAll()
  }

  /// Appends what decode needs to be written to.
  public func appendParameters(of handOver: KVHandOver, to target: inout ByteBuffer) {
    precondition(writes, "in READ mode decode waits for prefill's answer")
    target.append("{\"do_remote_decode\":false,\"do_remote_prefill\":true,")
    appendTransfer(of: handOver, with: handOver.prefill, to: &target)
  }

  /// Appends the answer's parameters, and prefill's number of ranks unless it told that itself.
  public func appendParameters(
    from answer: PrefillAnswer, in bytes: UnsafeRawBufferPointer, of handOver: KVHandOver,
    to target: inout ByteBuffer
  ) {
    guard let range = answer.parameters else {
      preconditionFailure("an answer without parameters makes no handle")
    }
    let parameters = UnsafeRawBufferPointer(rebasing: bytes[range])
    target.append(parameters)
    guard !MoRIIOAnswer.namesRanks(parameters) else { return }
    target.removeLast(1)
    target.append(",\"remote_dp_size\":")
    target.append(decimal: handOver.prefill.dataParallelSize)
    target.append(UInt8(ascii: "}"))
  }

  /// Plans the decode leg.
  public func planDecode(parameters: UnsafeRawBufferPointer, into edits: inout BodyEdits) {
    guard !parameters.isEmpty else { return edits.planWholeLeg() }
    edits.set(.kvTransferParams, toRaw: parameters)
  }

  /// Reads the prefill leg's answer.
  public func readPrefillAnswer(
    _ answer: UnsafeRawBufferPointer
  ) throws(JSONError) -> PrefillAnswer {
    try MoRIIOAnswer.read(answer)
  }

  /// Appends the members that tell an engine of the hand-over and of the `peer` at its other end,
  /// and the closing brace.
  private func appendTransfer(
    of handOver: KVHandOver, with peer: KVPeer, to target: inout ByteBuffer
  ) {
    target.append("\"remote_engine_id\":null,\"remote_block_ids\":null,\"transfer_id\":\"tx-")
    HandOverName.appendDigits(of: handOver.number, to: &target)
    target.append("\",\"remote_dp_size\":")
    target.append(decimal: peer.dataParallelSize)
    if writes {
      target.append(",\"remote_tp_size\":")
      target.append(decimal: peer.tensorParallelSize)
      if peer.dataParallelSize > 1 {
        target.append(",\"remote_dp_rank\":")
        target.append(decimal: peer.dataParallelRank ?? 0)
      }
    }
    target.append(UInt8(ascii: "}"))
  }

  private static func appendAddress(of peer: KVPeer, to target: inout ByteBuffer) {
    target.append(
      peer.messageAddress ?? HostAndPort(host: peer.host, port: peer.port).description)
  }
}
