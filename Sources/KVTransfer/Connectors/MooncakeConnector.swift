public import JSONFields
public import Vocabulary

/// vLLM's `MooncakeConnector`: decode asks prefill's engine for the blocks, which writes them.
///
/// Both legs carry a `transfer_id` that the router draws; prefill's answer carries nothing. They
/// leave one after the other unless told to leave together: a decode engine that waits keeps its
/// blocks when its client or prefill is lost. Decode must be told which engine to ask, so a pair
/// can hand over only once the
/// prefill worker's bootstrap server has answered (`identity(inBootstrapAnswer:…)`): a prefill leg
/// for which nobody comes would pin its blocks for the whole lease.
public struct MooncakeConnector: KVConnector {
  /// Which connector it is.
  public var name: KVConnectorName { .mooncake }

  /// The engines' `VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT`.
  public let leaseDuration: Duration

  /// Whether both legs leave at once.
  public let legsLeaveTogether: Bool

  /// A connector for engines that keep unclaimed blocks for `leaseDuration` (480 s is vLLM's
  /// default).
  public init(leaseDuration: Duration = .seconds(480), legsLeaveTogether: Bool = false) {
    precondition(leaseDuration > .zero)
    self.leaseDuration = leaseDuration
    self.legsLeaveTogether = legsLeaveTogether
  }

  /// A refused request makes decode tell prefill, whether prefill has finished or not (measured on
  /// 0.32).
  public func releaseMeans(of parameters: UnsafeRawBufferPointer) -> KVReleaseMeans { .rejection }

  /// By the `transfer_id` that the router drew: a refusal that overtakes prefill is remembered.
  public var namesAhead: Bool { true }

  /// A decode engine whose client leaves while it waits keeps its blocks (measured on 0.32).
  public func abortsWhileWaiting(with parameters: UnsafeRawBufferPointer) -> Bool { false }

  /// A vLLM engine can do everything.
  public var decodeCanPrefill: Bool { true }

  /// Engines find each other by `transfer_id`.
  public var pairsByRequestID: Bool { false }

  /// Each rank has an engine id of its own.
  public var namesRanks: Bool { true }

  /// Once prefill's engine is known.
  public func canHandOver(_ handOver: KVHandOver) -> Bool { handOver.prefill.identity != nil }

  /// One after the other, or at once.
  public func order(of handOver: KVHandOver) -> LegOrder {
    legsLeaveTogether ? .together : .inTurn
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
    try OneTokenLeg.plan(
      of: body, fields: fields, shape: shape, needing: .fullLength, into: &edits)
    scratch.removeAll()
    scratch.append("{\"do_remote_decode\":true,\"do_remote_prefill\":false,")
    MooncakeConnector.appendTransferID(of: handOver, to: &scratch)
    scratch.append(UInt8(ascii: "}"))
    edits.set(.kvTransferParams, toRaw: scratch.bytes)
    scratch.removeAll()
  }

  /// Appends whom decode has to ask, and for what.
  public func appendParameters(of handOver: KVHandOver, to target: inout ByteBuffer) {
    guard let identity = handOver.prefill.identity else {
      preconditionFailure("a pair hands over only with a prefill engine that is known")
    }
    target.append("{\"do_remote_decode\":false,\"do_remote_prefill\":true,")
    identity.members.withUnsafeBytes { target.append($0) }
    target.append(UInt8(ascii: ","))
    MooncakeConnector.appendTransferID(of: handOver, to: &target)
    target.append(UInt8(ascii: "}"))
  }

  /// Never: nothing is made from prefill's answer.
  public func appendParameters(
    from answer: PrefillAnswer, in bytes: UnsafeRawBufferPointer, of handOver: KVHandOver,
    to target: inout ByteBuffer
  ) {
    preconditionFailure("nothing is made from the answer of this connector's prefill")
  }

  /// Plans the decode leg.
  public func planDecode(parameters: UnsafeRawBufferPointer, into edits: inout BodyEdits) {
    guard !parameters.isEmpty else { return edits.planWholeLeg() }
    edits.set(.kvTransferParams, toRaw: parameters)
  }

  /// Reads the prefill leg's answer, of which only the length of the prompt matters.
  public func readPrefillAnswer(
    _ answer: UnsafeRawBufferPointer
  ) throws(JSONError) -> PrefillAnswer {
    var result = PrefillAnswer(absence: .notGiven)
    result.promptTokens = try EngineAnswer(answer).promptTokens
    return result
  }

  private static func appendTransferID(of handOver: KVHandOver, to target: inout ByteBuffer) {
    target.append("\"transfer_id\":\"xfer-")
    HandOverName.appendUUID(of: handOver.number, to: &target)
    target.append(UInt8(ascii: "\""))
  }
}
