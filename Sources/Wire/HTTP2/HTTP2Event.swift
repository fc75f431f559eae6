/// What bytes from the peer, or frames made for it, meant.
///
/// Ranges of `.data` refer to the bytes of the last `HTTP2Session.receive`. Trivial to copy.
public enum HTTP2Event: Equatable, Sendable {
  /// Server: a request; `HTTP2Session.takeRequestHead` has it. When it ends its stream, no `.end`
  /// follows.
  case requestHead(HTTP2StreamID, endsStream: Bool)
  /// Client: an answer, or an interim one (`ResponseHead.isInterim`);
  /// `HTTP2Session.takeResponseHead` has it. When it ends its stream, no `.end` follows.
  case responseHead(HTTP2StreamID, endsStream: Bool)
  /// A head that is HTTP/2 and yet not acceptable. Server: to be answered with the error's status;
  /// nothing more is heard of the request, and its stream is reset once the answer is out. Client:
  /// the stream is being reset.
  case badHead(HTTP2StreamID, WireError)
  /// Bytes of a body, to be given back with `HTTP2Session.consume`.
  case data(HTTP2StreamID, Range<Int>)
  /// Fields after the body; `HTTP2Session.takeTrailers` has them. `.end` follows.
  case trailers(HTTP2StreamID)
  /// The peer sends no more on this stream.
  case end(HTTP2StreamID)
  /// The stream is over; exactly once for each that was announced or opened, and the last event of
  /// it. `.noError` when both sides ended it.
  case closed(HTTP2StreamID, HTTP2ErrorCode)
  /// Outgoing bytes fell to the low watermark after they had been above the high one.
  case drained(HTTP2StreamID)
  /// The peer's settings came, the first or new ones.
  case settings
  /// The peer opens (client: takes) no streams above this one.
  case goAway(lastStream: HTTP2StreamID, HTTP2ErrorCode)
  /// The peer answered a `HTTP2Session.ping`.
  case pong

  /// The stream it is about; nil when it is about the connection.
  public var stream: HTTP2StreamID? {
    switch self {
    case .requestHead(let id, _), .responseHead(let id, _), .badHead(let id, _), .data(let id, _),
      .trailers(let id), .end(let id), .closed(let id, _), .drained(let id):
      id
    case .settings, .goAway, .pong: nil
    }
  }
}
