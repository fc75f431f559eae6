// How far a stream is on its way out.
extension HTTP2Session {
  /// Whether everything that was written on a stream, and its end, is in frames that `produce`
  /// gave; also when the stream is over.
  public func hasSentAll(_ id: HTTP2StreamID) -> Bool {
    live(id)?.isEndSent ?? true
  }
}
