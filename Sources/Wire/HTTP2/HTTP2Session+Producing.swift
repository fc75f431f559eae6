internal import CNGHTTP2
public import Vocabulary

// Making frames.
extension HTTP2Session {
  /// Appends frames to `output` until it holds `limit` bytes (the last frame may go beyond) or
  /// there is nothing to send.
  ///
  /// May record events (`.drained`, `.closed`) and find that the connection is to end (`failure`).
  public func produce(into output: inout ByteBuffer, upTo limit: Int) {
    if !early.isEmpty {
      output.append(early.bytes)
      early.releaseMemory()
      earlyFrames = 0
    }
    withUnsafeMutablePointer(to: &output) { pump(into: $0, upTo: limit, frames: .max) }
    guard let error = pendingError, failure == nil else { return }
    fail(error)
    withUnsafeMutablePointer(to: &output) { pump(into: $0, upTo: .max, frames: .max) }
  }

  /// Makes control frames before the owner asks, to see whether nghttp2 ends the connection: it
  /// tells of that only by sending GOAWAY.
  func fetchEarly(_ waiting: Int) {
    isFetchingEarly = true
    withUnsafeMutablePointer(to: &early) { pump(into: $0, upTo: .max, frames: waiting) }
    isFetchingEarly = false
    if let error = pendingError { fail(error) }
  }

  /// Makes up to `frames` control frames, and body frames as the limit allows.
  private func pump(into buffer: UnsafeMutablePointer<ByteBuffer>, upTo limit: Int, frames: Int) {
    output = buffer
    outputLimit = limit
    defer { output = nil }
    var left = frames
    while buffer.pointee.count < limit, left > 0, !isBroken, failure != nil || pendingError == nil {
      if frames != .max, nghttp2_session_get_outbound_queue_size(handle) == 0 { return }
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(handle, &bytes)
      guard count > 0 else {
        if count < 0 {
          isBroken = true
          pendingError = HTTP2Library.error(of: count)
        }
        return
      }
      buffer.pointee.append(UnsafeRawBufferPointer(start: bytes, count: count))
      left &-= 1
    }
  }

  /// nghttp2 asks how much of a body goes into the next frame.
  func takeBody(_ id: HTTP2StreamID, room: Int, flags: UnsafeMutablePointer<UInt32>) -> Int {
    guard let stream = live(id) else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
    let waiting = stream.outgoing.count
    guard waiting > 0 || stream.hasEnded else {
      stream.isDeferred = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
    let count = min(room, waiting)
    flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
    guard stream.hasEnded, count == waiting else { return count }
    flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
    if stream.hasTrailers {
      flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      submitTrailers(stream)
    }
    return count
  }

  private func submitTrailers(_ stream: HTTP2Stream) {
    fieldList.removeAll()
    _ = fieldList.append(lines: stream.trailerText.mutableBytes)
    nghttp2_submit_trailer(handle, stream.id.number, fieldList.fields, fieldList.count)
  }

  /// Writes a DATA frame; whether the output is full then.
  func writeData(_ id: HTTP2StreamID, head: UnsafeRawBufferPointer, _ count: Int) -> Bool {
    guard let output, let stream = streams[id] else { preconditionFailure("no output") }
    output.pointee.reserve(head.count &+ count)
    output.pointee.append(head)
    if count > 0 {
      output.pointee.append(UnsafeRawBufferPointer(rebasing: stream.outgoing.bytes[..<count]))
      stream.outgoing.removeFirst(count)
      if stream.outgoing.isEmpty { stream.outgoing.removeAll(keepingCapacityUpTo: 16 * 1024) }
    }
    floods.noteData()
    if stream.isHigh, stream.outgoing.count <= settings.lowWatermarkBytes {
      stream.isHigh = false
      if !stream.hasEnded { record(.drained(id)) }
    }
    return output.pointee.count >= outputLimit
  }

  /// A frame is in the output.
  func didSendFrame(_ frame: UnsafePointer<nghttp2_frame>) {
    let head = frame.pointee.hd
    let id = HTTP2StreamID(head.stream_id)
    if isFetchingEarly, UInt32(head.type) != NGHTTP2_HEADERS.rawValue { earlyFrames &+= 1 }
    let ends = UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    switch UInt32(head.type) {
    case NGHTTP2_DATA.rawValue:
      if ends { didSendEnd(id) }
    case NGHTTP2_HEADERS.rawValue:
      streams[id]?.isHeadSent = true
      if ends { didSendEnd(id) }
    case NGHTTP2_RST_STREAM.rawValue: didSendReset(id)
    case NGHTTP2_GOAWAY.rawValue: didSendGoAway(frame.pointee.goaway.error_code)
    default: break
    }
  }

  private func didSendEnd(_ id: HTTP2StreamID) {
    guard let stream = streams[id] else { return }
    stream.isEndSent = true
    if stream.refusesRest { resetAfterEnd(stream) }
  }

  /// A reset that the owner did not ask for was the peer's doing.
  private func didSendReset(_ id: HTTP2StreamID) {
    guard side == .server, let stream = streams[id], !stream.isReset, !stream.isEndSent else {
      return
    }
    if !floods.allowsReset(now), pendingError == nil { pendingError = .resetFlood }
  }

  /// GOAWAY with an error that the owner did not ask for: nghttp2 found one.
  private func didSendGoAway(_ code: UInt32) {
    guard failure == nil, !isEnded, pendingError == nil, code != NGHTTP2_NO_ERROR.rawValue else {
      return
    }
    switch HTTP2ErrorCode(number: code) {
    case .enhanceYourCalm: pendingError = .settingsEntriesFlood
    case .internalError: pendingError = .libraryFailure(Int32(truncatingIfNeeded: code))
    case let code: pendingError = .protocolViolation(code)
    }
  }

  /// A frame could not be made. Of a request nghttp2 closes the stream; an answer is broken off.
  func didNotSendFrame(_ frame: UnsafePointer<nghttp2_frame>) {
    let head = frame.pointee.hd
    guard UInt32(head.type) == NGHTTP2_HEADERS.rawValue, side == .server,
      let stream = live(HTTP2StreamID(head.stream_id))
    else { return }
    nghttp2_submit_rst_stream(
      handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id.number,
      NGHTTP2_INTERNAL_ERROR.rawValue)
  }
}
