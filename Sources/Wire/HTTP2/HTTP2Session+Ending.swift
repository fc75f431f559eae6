internal import CNGHTTP2
internal import Vocabulary

// Ends of streams and of the connection.
extension HTTP2Session {
  /// Ends a stream at once, both ways; of it only `.closed` is heard after.
  public func reset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    guard let stream = streams[id], !stream.isReset else { return }
    silence(stream)
    stream.outgoing.removeAll()
    guard !stream.isClosed else { return }
    check(
      nghttp2_submit_rst_stream(
        handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), id.number, code.number))
  }

  /// Takes no more of the peer's body: what still comes is dropped, and once our side has ended the
  /// stream is reset without an error (RFC 9113 §8.1), if the peer has not ended it.
  public func refuseRest(of id: HTTP2StreamID) {
    guard let stream = live(id), !stream.refusesRest else { return }
    stream.refusesRest = true
    if stream.isEndSent { resetAfterEnd(stream) }
  }

  func resetAfterEnd(_ stream: HTTP2Stream) {
    guard !stream.hasRemoteEnded else { return }
    nghttp2_submit_rst_stream(
      handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id.number, NGHTTP2_NO_ERROR.rawValue)
  }

  /// Ends the connection at once: GOAWAY is the last output, every stream is `.closed`.
  public func goAway(_ code: HTTP2ErrorCode) {
    guard failure == nil, !isEnded else { return }
    isEnded = true
    nghttp2_session_terminate_session(handle, code.number)
    closeStreams(code)
  }

  /// Takes (server) or opens (client) no new streams, and lets those that are open come to their
  /// end; then `isOver`.
  ///
  /// A server says so twice (RFC 9113 §6.8): at once for any number, and with the number of the
  /// last stream it took once the client has answered a PING, so that no request is lost on its
  /// way.
  public func beginGracefulEnd() {
    guard failure == nil, !isEnding, !isEnded else { return }
    isEnding = true
    guard side == .server else { return finishGracefulEnd() }
    check(nghttp2_submit_shutdown_notice(handle))
    submitPing(HTTP2Session.gracefulPing)
  }

  /// Says which stream was the last one, without waiting for the client's PING.
  public func finishGracefulEnd() {
    guard isEnding, !isLastStreamSaid, failure == nil, !isEnded else { return }
    isLastStreamSaid = true
    let last = side == .server ? nghttp2_session_get_last_proc_stream_id(handle) : 0
    check(
      nghttp2_submit_goaway(
        handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, NGHTTP2_NO_ERROR.rawValue, nil, 0))
  }

  /// Asks for a sign of life; `.pong` is the answer.
  public func ping() {
    guard failure == nil, !isEnded else { return }
    submitPing(0)
  }

  private func submitPing(_ mark: UInt8) {
    let payload: [UInt8] = [0, 0, 0, 0, 0, 0, 0, mark]
    check(nghttp2_submit_ping(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), payload))
  }

  /// The last byte of the PING that goes with a graceful end.
  static var gracefulPing: UInt8 { 1 }

  /// Ends the connection when nghttp2 fails for good; other refusals are about streams that ended.
  func check(_ result: Int32) {
    if nghttp2_is_fatal(result) != 0 { fail(HTTP2Library.error(of: Int(result))) }
  }
}
