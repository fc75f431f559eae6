public import JSONFields
public import Vocabulary

/// SGLang's P/D: both engines get the client's request at once, with the place and the number of a
/// room where they meet; prefill writes to decode.
///
/// A prefill engine stops after one token by itself, so the request is not cut down; its answer is
/// read and dropped. Its leg alone is not streamed: a failure is then a status and not an event
/// behind a 200, and the answer one document that shows its own end. A decode engine cannot compute
/// a prompt.
///
/// Both bodies get a `rid` of ours in place of a client's. The engines abort every request whose
/// `rid` *begins* with the one they are told, and refuse one that is still in use: a client's own
/// could take others' requests down with it, and would make a second attempt fail. For a list of
/// prompts the engines count up from the one room and the one `rid`.
public struct SGLangConnector: KVConnector {
  /// The port of a prefill engine's bootstrap server when none was named.
  public static var defaultBootstrapPort: UInt16 { 8998 }

  /// Which connector it is.
  public var name: KVConnectorName { .sglang }

  /// The engines' `SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT`.
  public let leaseDuration: Duration

  /// A connector for engines that wait `leaseDuration` for each other (300 s is SGLang's default).
  public init(leaseDuration: Duration = .seconds(300)) {
    precondition(leaseDuration > .zero)
    self.leaseDuration = leaseDuration
  }

  /// Both engines are told to abort.
  public func releaseMeans(of parameters: UnsafeRawBufferPointer) -> KVReleaseMeans {
    .abortRequest
  }

  /// By the `rid` that the router drew.
  public var namesAhead: Bool { true }

  /// A decode engine whose client leaves aborts its receiver.
  public func abortsWhileWaiting(with parameters: UnsafeRawBufferPointer) -> Bool { true }

  /// It answers 400 to a request without a room.
  public var decodeCanPrefill: Bool { false }

  /// Engines find each other by room.
  public var pairsByRequestID: Bool { false }

  /// Engines find each other by room.
  public var namesRanks: Bool { false }

  /// All but what P/D gets wrong here too.
  ///
  /// Several answers share one room, and all but the first hang until the engines' time-out (SGLang
  /// pull request 30723, not merged); an earlier response is known to one engine only.
  public func allowsSplit(despite reason: WholeReason) -> Bool {
    switch reason {
    case .severalAnswers, .bestOf, .previousResponse: false
    case .beamSearch, .promptList, .echo, .promptLogprobs, .noPrompt, .maskedFault, .background:
      true
    }
  }

  /// Always at once.
  public func order(of handOver: KVHandOver) -> LegOrder { .together }

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
    edits.set(.stream, to: "false")
    edits.remove(.streamOptions)
    scratch.removeAll()
    appendParameters(of: handOver, to: &scratch)
    SGLangConnector.planMeeting(scratch.bytes, into: &edits)
    scratch.removeAll()
  }

  /// Appends where the engines meet, as an object with the four fields of both bodies.
  public func appendParameters(of handOver: KVHandOver, to target: inout ByteBuffer) {
    target.append("{\"bootstrap_host\":")
    target.append(jsonString: handOver.prefill.host)
    target.append(",\"bootstrap_port\":")
    let port = handOver.prefill.bootstrapPort ?? SGLangConnector.defaultBootstrapPort
    target.append(decimal: Int(port))
    target.append(",\"bootstrap_room\":")
    target.append(decimal: SGLangConnector.room(of: handOver))
    target.append(",\"rid\":\"")
    HandOverName.appendUUID(of: handOver.number, to: &target)
    target.append("\"}")
  }

  /// Never: nothing is made from prefill's answer.
  public func appendParameters(
    from answer: PrefillAnswer, in bytes: UnsafeRawBufferPointer, of handOver: KVHandOver,
    to target: inout ByteBuffer
  ) {
    preconditionFailure("the legs of this connector leave together")
  }

  /// Plans the decode leg.
  public func planDecode(parameters: UnsafeRawBufferPointer, into edits: inout BodyEdits) {
    guard !parameters.isEmpty else {
      edits.planWholeLeg()
      edits.remove(.bootstrapHost)
      edits.remove(.bootstrapPort)
      edits.remove(.bootstrapRoom)
      return
    }
    SGLangConnector.planMeeting(parameters, into: &edits)
  }

  /// Reads the prefill leg's answer, of which only the length of the prompt matters.
  ///
  /// A list of prompts to `/generate` is answered by a list, which is as good.
  public func readPrefillAnswer(
    _ answer: UnsafeRawBufferPointer
  ) throws(JSONError) -> PrefillAnswer {
    let root = try JSONValue(validating: answer)
    guard root.kind == .object || root.kind == .array else { throw .notAnObject }
    var result = PrefillAnswer(absence: .notGiven)
    let count = root["usage"]?["prompt_tokens"] ?? root["meta_info"]?["prompt_tokens"]
    result.promptTokens = count.flatMap(EngineAnswer.count)
    return result
  }

  /// A room of 63 bits, with as many free above it as a list may have prompts.
  private static func room(of handOver: KVHandOver) -> Int {
    min(Int(handOver.number.low >> 1), Int.max - Int(UInt32.max))
  }

  /// Sets the four fields of `meeting`, an object of ours.
  private static func planMeeting(
    _ meeting: UnsafeRawBufferPointer, into edits: inout BodyEdits
  ) {
    do throws(JSONError) {
      let fields = try JSONFields(validating: meeting)
      for key: JSONFields.Key in [.bootstrapHost, .bootstrapPort, .bootstrapRoom, .rid] {
        guard let span = fields[key] else { preconditionFailure("all four were written") }
        edits.set(key, toRaw: UnsafeRawBufferPointer(rebasing: meeting[span.range]))
      }
    } catch {
      preconditionFailure("the parameters were written here: \(error)")
    }
  }
}
