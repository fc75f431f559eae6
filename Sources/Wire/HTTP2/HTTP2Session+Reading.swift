internal import CNGHTTP2
internal import Vocabulary

// What nghttp2 reports while it reads. Each call records and returns; one that returns false ends
// the connection with `pendingError`.
extension HTTP2Session {
  /// A frame's head was read.
  func didBeginFrame(_ head: nghttp2_frame_hd) -> Bool {
    floods.noteFrame(head.length &+ 9)
    if hasStrayHeaders, !takeStrayHeaders() { return stop(.strayFrameFlood) }
    let isAnswer = head.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
    switch UInt32(head.type) {
    case NGHTTP2_HEADERS.rawValue:
      hasStrayHeaders = true
    case NGHTTP2_WINDOW_UPDATE.rawValue:
      return floods.allowsWindowUpdate(now) || stop(.windowUpdateFlood)
    case NGHTTP2_PING.rawValue where !isAnswer:
      return floods.allowsPing(now) || stop(.pingFlood)
    case NGHTTP2_SETTINGS.rawValue where !isAnswer:
      return floods.allowsSettings(now) || stop(.settingsFlood)
    case NGHTTP2_PRIORITY.rawValue:
      return floods.allowsPriority(now) || stop(.priorityFlood)
    default: break
    }
    return true
  }

  /// Counts a HEADERS frame that no stream claimed.
  func takeStrayHeaders() -> Bool {
    hasStrayHeaders = false
    return floods.allowsStrayFrame(now)
  }

  private func stop(_ error: HTTP2Error) -> Bool {
    pendingError = error
    return false
  }

  /// A header block begins.
  func didBeginHeaders(_ id: HTTP2StreamID) {
    hasStrayHeaders = false
    if let unfinished = reading { keep(unfinished.block) }
    reading = nil
    let block = takeSpareBlock()
    if let stream = streams[id] {
      block.begin(side == .client && stream.awaitsHead ? .response : .trailers)
      reading = (stream, block)
    } else if side == .server {
      floods.noteStream()
      block.begin(.request)
      reading = (openStream(id), block)
      shareFairly(id)
    } else {
      keep(block)
    }
  }

  /// Lets a stream take turns with others, frame by frame, unless its client asks otherwise
  /// (RFC 9218 §4.2: a stream is served to its end first by default).
  func shareFairly(_ id: HTTP2StreamID) {
    var priority = nghttp2_extpri(urgency: UInt32(NGHTTP2_EXTPRI_DEFAULT_URGENCY), inc: 1)
    nghttp2_session_change_extpri_stream_priority(handle, id.number, &priority, 0)
  }

  /// A field of the block was decoded.
  func didReadField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    guard let block = reading?.block else { return true }
    block.add(name: name, value: value, limits: settings.head)
    guard block.listBytes <= settings.head.headBytes &* 2 else { return stop(.headerListFlood) }
    floods.noteUseful(name.count &+ value.count)
    return true
  }

  /// Bytes of a body came, in `input`.
  func didReadData(_ id: HTTP2StreamID, _ bytes: UnsafePointer<UInt8>, _ count: Int) {
    inputBodyBytes &+= count
    guard let stream = live(id), !stream.refusesRest, let base = input.baseAddress else { return }
    floods.noteUseful(count)
    floods.noteData()
    let start = UnsafeRawPointer(bytes) - base
    precondition(start >= 0 && start + count <= input.count)
    recordData(id, start..<start &+ count)
  }

  /// A whole frame was read and is in order.
  func didReadFrame(_ frame: UnsafePointer<nghttp2_frame>) -> Bool {
    let head = frame.pointee.hd
    let flags = UInt32(head.flags)
    let id = HTTP2StreamID(head.stream_id)
    switch UInt32(head.type) {
    case NGHTTP2_DATA.rawValue:
      return didReadData(
        id, frame.pointee.data, endsStream: flags & NGHTTP2_FLAG_END_STREAM.rawValue != 0)
    case NGHTTP2_HEADERS.rawValue:
      didReadHeaders(id, endsStream: flags & NGHTTP2_FLAG_END_STREAM.rawValue != 0)
    case NGHTTP2_RST_STREAM.rawValue:
      return didReadReset(id)
    case NGHTTP2_SETTINGS.rawValue where flags & NGHTTP2_FLAG_ACK.rawValue == 0:
      inputAnswers &+= 1
      record(.settings)
    case NGHTTP2_PING.rawValue:
      didReadPing(frame.pointee.ping, isAnswer: flags & NGHTTP2_FLAG_ACK.rawValue != 0)
    case NGHTTP2_GOAWAY.rawValue:
      record(
        .goAway(
          lastStream: HTTP2StreamID(frame.pointee.goaway.last_stream_id),
          HTTP2ErrorCode(number: frame.pointee.goaway.error_code)))
    default: break
    }
    return true
  }

  private func didReadData(
    _ id: HTTP2StreamID, _ frame: nghttp2_data, endsStream: Bool
  ) -> Bool {
    guard endsStream else {
      guard frame.hd.length == frame.padlen else { return true }
      return floods.allowsEmptyData(now) || stop(.emptyDataFlood)
    }
    guard let stream = live(id) else { return true }
    stream.hasRemoteEnded = true
    if !stream.refusesRest { record(.end(id)) }
    return true
  }

  private func didReadReset(_ id: HTTP2StreamID) -> Bool {
    guard let stream = live(id) else {
      return floods.allowsStrayFrame(now) || stop(.strayFrameFlood)
    }
    // An answer that has begun was worth its price to the client.
    guard side == .server, !stream.hasHead else { return true }
    return floods.allowsReset(now) || stop(.resetFlood)
  }

  private func didReadPing(_ frame: nghttp2_ping, isAnswer: Bool) {
    guard isAnswer else {
      inputAnswers &+= 1
      return
    }
    if frame.opaque_data.7 == HTTP2Session.gracefulPing {
      finishGracefulEnd()
    } else {
      record(.pong)
    }
  }

  /// A header block is complete and nghttp2 finds it in order.
  private func didReadHeaders(_ id: HTTP2StreamID, endsStream: Bool) {
    guard let (stream, block) = reading, stream.id == id else { return }
    reading = nil
    let error = block.finish(endsStream: endsStream, limits: settings.head)
    stream.hasRemoteEnded = stream.hasRemoteEnded || endsStream
    guard !stream.isClosed, !stream.isReset else { return keep(block) }
    switch block.kind {
    case .request: didReadRequest(stream, block, error, endsStream)
    case .response: didReadResponse(stream, block, error, endsStream)
    case .trailers: didReadTrailers(stream, block, error)
    }
  }

  private func didReadRequest(
    _ stream: HTTP2Stream, _ block: HTTP2HeadBlock, _ error: WireError?, _ endsStream: Bool
  ) {
    stream.isAnnounced = true
    if let error {
      stream.refusesRest = true
      keep(block)
      record(.badHead(stream.id, error))
    } else {
      stream.blocks.append(block)
      record(.requestHead(stream.id, endsStream: endsStream))
    }
  }

  private func didReadResponse(
    _ stream: HTTP2Stream, _ block: HTTP2HeadBlock, _ error: WireError?, _ endsStream: Bool
  ) {
    if block.status < 200, block.error == nil {
      stream.interimCount &+= 1
      guard stream.interimCount <= settings.interimHeads else {
        keep(block)
        return breakOff(stream, .enhanceYourCalm)
      }
    } else {
      stream.awaitsHead = false
    }
    if let error {
      keep(block)
      record(.badHead(stream.id, error))
      breakOff(stream, .cancel)
    } else {
      stream.blocks.append(block)
      record(.responseHead(stream.id, endsStream: endsStream))
    }
  }

  private func didReadTrailers(
    _ stream: HTTP2Stream, _ block: HTTP2HeadBlock, _ error: WireError?
  ) {
    guard error == nil else {
      keep(block)
      return breakOff(stream, .enhanceYourCalm)
    }
    guard !stream.refusesRest else { return keep(block) }
    stream.blocks.append(block)
    record(.trailers(stream.id))
    record(.end(stream.id))
  }

  /// Resets a stream for what its peer sent; its owner hears `.closed`.
  private func breakOff(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
    stream.refusesRest = true
    nghttp2_submit_rst_stream(
      handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id.number, code.number)
  }

  /// A stream is over for nghttp2.
  func didCloseStream(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    guard let stream = streams[id], !stream.isClosed else { return }
    stream.isClosed = true
    openStreams &-= 1
    stream.outgoing.removeAll()
    if let (open, block) = reading, open === stream {
      reading = nil
      keep(block)
    }
    guard stream.isAnnounced else { return release(id) }
    // What never left cannot have been acted upon (RFC 9113 §8.7).
    let isUnsent = side == .client && !stream.isHeadSent && !stream.isReset
    record(.closed(id, isUnsent ? .refusedStream : code))
  }
}
