internal import Vocabulary

/// What carries a leg: an HTTP/1.1 connection, or one stream of an HTTP/2 connection.
///
/// A leg and its pool know no more of it than this. Confined to its loop; kept alive by its socket,
/// or by the connection whose stream it is.
protocol LegCarrier: AnyObject {
  /// Its place among the pool's carriers that carry a leg, while it is one.
  var busyPlace: Int { get set }
  /// Whether `te: trailers` may be said, which is for one hop in HTTP/1.1.
  var bringsTrailers: Bool { get }
  /// Whether all of the leg's request has left the router.
  var hasSentRequest: Bool { get }
  /// Bytes of the leg's request that the worker has not taken yet.
  var bufferedByteCount: Int { get }
  /// Whether the leg was written and its answer's head has yet to come.
  var awaitsHead: Bool { get }
  /// When the leg began or was written, or the worker was last heard or listened to again.
  var lastHeard: Instant { get }
  /// Since when the worker has been silent though it was written to and is listened to; nil while
  /// that is not so.
  var silentSince: Instant? { get }

  /// Writes the leg's request: its head, which is the first piece, and what is there of its body,
  /// which is all unless the leg's request is open.
  func send(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>)
  /// Writes more of the body of an open request, which is framed here; never empty.
  func sendBody(_ bytes: UnsafeRawBufferPointer)
  /// Ends an open request with trailer fields (lines; perhaps none): from now on the worker is
  /// waited for.
  func endRequest(trailers: UnsafeRawBufferPointer)
  /// Stops reading the answer.
  func pauseReading()
  /// Reads the answer again.
  func resumeReading()
  /// Ends the leg under way; its observer hears nothing more.
  func cancelLeg()
  /// Fails the leg: the worker gives no sign of life.
  func giveUp()
}
