public import JSONFields

/// How one kind of engine moves a KV cache from prefill to decode: what the two legs' bodies say.
///
/// A pure value without state. It plans edits of the client's body and reads prefill's answer; it
/// sends nothing, keeps nothing, and touches no byte but the fields it names. What both legs must
/// agree on (the prompt, tools, `cache_salt`, the adapter) it never touches.
///
/// With `order` `.prefillFirst` the decode leg carries what prefill answered. A connector of order
/// `.together` makes the decode leg's parameters before either leg leaves, and its prefill answer
/// brings nothing that decode waits for.
public protocol KVConnector: Sendable {
  /// Which connector it is, for logs and metrics.
  var name: KVConnectorName { get }

  /// When the two legs leave.
  var order: LegOrder { get }

  /// How long prefill keeps what it made when nobody comes for it, counted from its answer.
  var leaseDuration: Duration { get }

  /// Plans the prefill leg: the same prompt, one token, nothing streamed, the KV cache kept.
  ///
  /// `fields` are those of `body`; a client's own `kv_transfer_params` is replaced. Throws only
  /// when an object inside repeats more names than `JSONFields` allows.
  func planPrefill(
    of body: UnsafeRawBufferPointer,
    fields: borrowing JSONFields,
    shape: BodyShape,
    into edits: inout BodyEdits
  ) throws(JSONError)

  /// Plans the decode leg: the client's body with `parameters` as its `kv_transfer_params`.
  ///
  /// No parameters (an empty handle): decode computes the prompt itself, and a client's own
  /// `kv_transfer_params` is taken out.
  func planDecode(parameters: UnsafeRawBufferPointer, into edits: inout BodyEdits)

  /// Reads what a 2xx answer of the prefill leg says about the KV cache it made.
  ///
  /// Throws when `answer` is not a JSON object; an answer without a usable handle is no error.
  func readPrefillAnswer(_ answer: UnsafeRawBufferPointer) throws(JSONError) -> PrefillAnswer
}
