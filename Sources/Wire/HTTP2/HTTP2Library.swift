internal import CNGHTTP2
internal import Vocabulary

/// The one place that hands functions to nghttp2, and knows what its numbers mean.
///
/// Each function finds its session, calls one method of it and returns. The tables are made once a
/// process and only read.
enum HTTP2Library {
  /// Makes a session of nghttp2 for `owner`, which outlives it.
  static func makeSession(
    for owner: HTTP2Session, side: HTTP2Session.Side, settings: HTTP2Settings
  ) -> OpaquePointer {
    var options: OpaquePointer?
    precondition(nghttp2_option_new(&options) == 0)
    defer { nghttp2_option_del(options) }
    nghttp2_option_set_no_auto_window_update(options, 1)
    nghttp2_option_set_no_closed_streams(options, 1)
    // It counts one for each call in which it reads at the frame's head, of nine bytes.
    nghttp2_option_set_max_continuations(options, settings.continuations * 9)
    nghttp2_option_set_max_settings(options, settings.settingsEntries)
    nghttp2_option_set_max_outbound_ack(options, settings.queuedControlFrames)
    nghttp2_option_set_max_send_header_block_length(options, 1 << 20)
    // Resets are counted here, by the loop's time.
    nghttp2_option_set_stream_reset_rate_limit(options, 1 << 40, 1 << 40)
    var session: OpaquePointer?
    let data = Unmanaged.passUnretained(owner).toOpaque()
    let result =
      side == .server
      ? nghttp2_session_server_new2(&session, callbacks, data, options)
      : nghttp2_session_client_new2(&session, callbacks, data, options)
    guard result == 0, let session else { preconditionFailure("nghttp2 has no memory") }
    return session
  }

  /// What a failure of nghttp2 means for the connection.
  static func error(of result: Int) -> HTTP2Error {
    switch Int32(truncatingIfNeeded: result) {
    case NGHTTP2_ERR_NOMEM.rawValue: .outOfMemory
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: .badPreface
    case NGHTTP2_ERR_FLOODED.rawValue: .outputFlood
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue: .continuationFlood
    case NGHTTP2_ERR_TOO_MANY_SETTINGS.rawValue: .settingsEntriesFlood
    case NGHTTP2_ERR_SETTINGS_EXPECTED.rawValue: .protocolViolation(.protocolError)
    case NGHTTP2_ERR_PROTO.rawValue, NGHTTP2_ERR_INVALID_STREAM_ID.rawValue,
      NGHTTP2_ERR_INVALID_FRAME.rawValue, NGHTTP2_ERR_HTTP_HEADER.rawValue,
      NGHTTP2_ERR_HTTP_MESSAGING.rawValue:
      .protocolViolation(.protocolError)
    case NGHTTP2_ERR_FRAME_SIZE_ERROR.rawValue: .protocolViolation(.frameSizeError)
    case NGHTTP2_ERR_HEADER_COMP.rawValue: .protocolViolation(.compressionError)
    case NGHTTP2_ERR_FLOW_CONTROL.rawValue: .protocolViolation(.flowControlError)
    case NGHTTP2_ERR_STREAM_CLOSED.rawValue: .protocolViolation(.streamClosed)
    default: .libraryFailure(Int32(truncatingIfNeeded: result))
    }
  }

  nonisolated(unsafe) private static let callbacks: OpaquePointer = {
    var table: OpaquePointer?
    precondition(nghttp2_session_callbacks_new(&table) == 0)
    guard let table else { preconditionFailure("nghttp2 has no memory") }
    nghttp2_session_callbacks_set_on_begin_frame_callback(table, didBeginFrame)
    nghttp2_session_callbacks_set_on_begin_headers_callback(table, didBeginHeaders)
    nghttp2_session_callbacks_set_on_header_callback(table, didReadField)
    nghttp2_session_callbacks_set_on_invalid_header_callback(table, didReadInvalidField)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, didReadData)
    nghttp2_session_callbacks_set_on_frame_recv_callback(table, didReadFrame)
    nghttp2_session_callbacks_set_on_stream_close_callback(table, didCloseStream)
    nghttp2_session_callbacks_set_on_frame_send_callback(table, didSendFrame)
    nghttp2_session_callbacks_set_on_frame_not_send_callback(table, didNotSendFrame)
    nghttp2_session_callbacks_set_send_data_callback(table, sendData)
    return table
  }()

  /// Gives the bytes of a stream's body to DATA frames, without copying them here.
  static let bodySource: nghttp2_data_source_read_callback = { _, id, _, room, flags, _, data in
    owner(data) { $0.takeBody(HTTP2StreamID(id), room: room, flags: flags!) }
  }

  @inline(__always)
  private static func owner<Result>(
    _ data: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result
  ) -> Result {
    Unmanaged<HTTP2Session>.fromOpaque(data!)._withUnsafeGuaranteedRef(body)
  }

  /// What a callback returns: failing ends `nghttp2_session_mem_recv` at once.
  @inline(__always)
  private static func answer(_ goesOn: Bool) -> Int32 {
    goesOn ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  }

  private static let didBeginFrame: nghttp2_on_begin_frame_callback = { _, head, data in
    owner(data) { answer($0.didBeginFrame(head!.pointee)) }
  }

  private static let didBeginHeaders: nghttp2_on_begin_headers_callback = { _, frame, data in
    owner(data) { $0.didBeginHeaders(HTTP2StreamID(frame!.pointee.hd.stream_id)) }
    return 0
  }

  private static let didReadField: nghttp2_on_header_callback = {
    _, frame, name, nameCount, value, valueCount, _, data in
    owner(data) {
      answer(
        $0.didReadField(
          UnsafeRawBufferPointer(start: name, count: nameCount),
          UnsafeRawBufferPointer(start: value, count: valueCount)))
    }
  }

  /// A field that may not be there makes its stream an error (else nghttp2 would pass over it).
  private static let didReadInvalidField: nghttp2_on_invalid_header_callback = {
    _, _, _, _, _, _, _, _ in NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
  }

  private static let didReadData: nghttp2_on_data_chunk_recv_callback = {
    _, _, id, bytes, count, data in
    owner(data) { $0.didReadData(HTTP2StreamID(id), bytes!, count) }
    return 0
  }

  private static let didReadFrame: nghttp2_on_frame_recv_callback = { _, frame, data in
    owner(data) { answer($0.didReadFrame(frame!)) }
  }

  private static let didCloseStream: nghttp2_on_stream_close_callback = { _, id, code, data in
    owner(data) { $0.didCloseStream(HTTP2StreamID(id), HTTP2ErrorCode(number: code)) }
    return 0
  }

  private static let didSendFrame: nghttp2_on_frame_send_callback = { _, frame, data in
    owner(data) { $0.didSendFrame(frame!) }
    return 0
  }

  private static let didNotSendFrame: nghttp2_on_frame_not_send_callback = {
    _, frame, _, data in
    owner(data) { $0.didNotSendFrame(frame!) }
    return 0
  }

  private static let sendData: nghttp2_send_data_callback = {
    _, frame, head, count, _, data in
    owner(data) {
      let isFull = $0.writeData(
        HTTP2StreamID(frame!.pointee.hd.stream_id),
        head: UnsafeRawBufferPointer(start: head, count: 9), count)
      return isFull ? NGHTTP2_ERR_PAUSE.rawValue : 0
    }
  }
}
