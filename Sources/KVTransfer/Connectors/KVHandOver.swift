/// One hand-over of a KV cache: which two workers, and what names it.
///
/// Made for each attempt of a request; valid as long as `requestID` is.
public struct KVHandOver {
  /// Who computes the prompt.
  public var prefill: KVPeer
  /// Who generates.
  public var decode: KVPeer
  /// What kind of request it is for.
  public var shape: BodyShape
  /// Random bits that name the hand-over where a connector wants a name (`transfer_id`, room).
  public var number: (high: UInt64, low: UInt64)
  /// The `X-Request-Id` of both legs.
  public var requestID: UnsafeRawBufferPointer

  /// A hand-over from its parts.
  public init(
    prefill: KVPeer, decode: KVPeer, shape: BodyShape, number: (high: UInt64, low: UInt64),
    requestID: UnsafeRawBufferPointer
  ) {
    self.prefill = prefill
    self.decode = decode
    self.shape = shape
    self.number = number
    self.requestID = requestID
  }
}
