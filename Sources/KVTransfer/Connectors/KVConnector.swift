public import JSONFields
public import Vocabulary

/// How one kind of engine moves a KV cache from prefill to decode: what the two legs' bodies say.
///
/// A pure value without state. It plans edits of the client's body and reads prefill's answer; it
/// sends nothing, keeps nothing, and touches no byte but the fields it names. What both legs must
/// agree on (the prompt, tools, `cache_salt`, the adapter) it never touches.
///
/// A handle's *parameters* are what the decode leg is given. With order `.prefillFirst` they are
/// made from prefill's answer; with `.together` they exist before either leg leaves, and prefill's
/// answer brings nothing that decode waits for.
public protocol KVConnector: Sendable {
  /// Which connector it is, for logs and metrics.
  var name: KVConnectorName { get }

  /// How long prefill keeps what it made when nobody comes for it, counted from its answer.
  var leaseDuration: Duration { get }

  /// How an unused handle with these parameters is given back.
  func releaseMeans(of parameters: UnsafeRawBufferPointer) -> KVReleaseMeans

  /// Whether a decode engine that was given these parameters, and whose leg is closed before it has
  /// the blocks, gives everything up by itself and tells prefill. If not (where prefill writes;
  /// measured on vLLM 0.32), the leg is closed only a moment after prefill has answered.
  func abortsWhileWaiting(with parameters: UnsafeRawBufferPointer) -> Bool

  /// Whether a handle can be given back by the parameters it was named with though prefill's answer
  /// was never read, and even before prefill has made it.
  var namesAhead: Bool { get }

  /// Whether prefill may be sent the same request once more when the first one may have reached it.
  /// Not where the engines find each other by a name in it: what prefill keeps under one name twice
  /// goes to the wrong decode engine, or to none.
  func mayRepeatPrefill(of handOver: KVHandOver) -> Bool

  /// Whether a decode engine can compute a prompt by itself (SGLang's cannot): if not, no request
  /// can be served whole by it.
  var decodeCanPrefill: Bool { get }

  /// Whether the engines find each other by `X-Request-Id`, so that no two attempts may share one.
  var pairsByRequestID: Bool { get }

  /// Whether one engine is told which data-parallel rank of the other it deals with, so that
  /// nothing
  /// can be handed over before the ranks of both are known.
  var namesRanks: Bool { get }

  /// Whether a request may be split although a vLLM engine would get it wrong for this reason.
  func allowsSplit(despite reason: WholeReason) -> Bool

  /// Whether all is known of this pair that a hand-over needs. If not, the request is served whole,
  /// or by another pair.
  func canHandOver(_ handOver: KVHandOver) -> Bool

  /// Whether what the prefill leg says names the decode engine, so that no other can take its
  /// place.
  var bindsDecode: Bool { get }

  /// When the two legs of this hand-over leave.
  ///
  /// Precondition: `canHandOver`.
  func order(of handOver: KVHandOver) -> LegOrder

  /// Appends the `X-Request-Id` that both legs must carry; appends nothing when the request's own
  /// will do.
  func appendRequestID(of handOver: KVHandOver, to target: inout ByteBuffer)

  /// Plans the prefill leg: the same prompt, one token, nothing streamed, the KV cache kept.
  ///
  /// `fields` are those of `body`; a client's own parameters are replaced. `scratch` is free for
  /// use and left empty. Throws only when an object inside repeats more names than `JSONFields`
  /// allows.
  func planPrefill(
    of body: UnsafeRawBufferPointer,
    fields: borrowing JSONFields,
    shape: BodyShape,
    handOver: KVHandOver,
    scratch: inout ByteBuffer,
    into edits: inout BodyEdits
  ) throws(JSONError)

  /// Appends the parameters of a hand-over that are known before prefill answers.
  ///
  /// Precondition: its order is `.inTurn` or `.together`.
  func appendParameters(of handOver: KVHandOver, to target: inout ByteBuffer)

  /// Appends the parameters that prefill's `answer` (found in `bytes`) gives rise to.
  ///
  /// Precondition: `answer.parameters` is there, and the order was `.prefillFirst`.
  func appendParameters(
    from answer: PrefillAnswer, in bytes: UnsafeRawBufferPointer, of handOver: KVHandOver,
    to target: inout ByteBuffer)

  /// Plans the decode leg: the client's body with `parameters`.
  ///
  /// No parameters (an empty handle, or a request served whole): decode computes the prompt itself,
  /// and a client's own parameters are taken out.
  func planDecode(parameters: UnsafeRawBufferPointer, into edits: inout BodyEdits)

  /// Reads what a 2xx answer of the prefill leg says about the KV cache it made.
  ///
  /// Throws when `answer` is not a JSON object; an answer without a usable handle is no error.
  func readPrefillAnswer(_ answer: UnsafeRawBufferPointer) throws(JSONError) -> PrefillAnswer
}

extension KVConnector {
  /// Any decode engine can take another's place.
  public var bindsDecode: Bool { false }

  /// A handle has its name from prefill's answer.
  public var namesAhead: Bool { false }

  /// The name that both legs carry is good for one prefill.
  public func mayRepeatPrefill(of handOver: KVHandOver) -> Bool { false }

  /// No reason is overruled.
  public func allowsSplit(despite reason: WholeReason) -> Bool { false }

  /// Any pair can.
  public func canHandOver(_ handOver: KVHandOver) -> Bool { true }
}
