internal import Wire

/// Who hears how the handshakes of a loop's TLS streams end.
protocol TLSHandshakeWitness: AnyObject {
  /// Whether the server's stream may answer a first message now, which costs a signature. When not,
  /// it is told to `goOn` when its turn comes.
  func mayBegin(_ stream: TLSStream) -> Bool

  /// A handshake was completed, or failed. A failure after completion is told too where it says
  /// that the peer does not accept this side, which TLS 1.3 tells late.
  func stream(_ stream: TLSStream, handshakeDidEndWith failure: TLSFailure?)
}
