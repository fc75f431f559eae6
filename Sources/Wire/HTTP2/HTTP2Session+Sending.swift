internal import CNGHTTP2
internal import Vocabulary

// What the owner sends.
extension HTTP2Session {
  /// Sends the head of an answer; `fields` are lines `name: value` and CRLF of valid text.
  ///
  /// Fields of one hop are left out, names sent in lower case. With `endsStream` the answer is
  /// complete, otherwise `write` and `end` follow.
  public func submitResponse(
    _ id: HTTP2StreamID, status: Int, fields: UnsafeRawBufferPointer, endsStream: Bool
  ) {
    precondition(side == .server && status >= 200 && status <= 999)
    guard let stream = live(id) else { return }
    precondition(!stream.hasHead, "an answer has one head")
    stream.hasHead = true
    stream.hasEnded = endsStream
    stream.hasBody = !endsStream
    // Room for all of it first: nghttp2 keeps pointers into the text.
    stream.headText.reserve(fields.count &+ 3)
    stream.headText.append(decimal: status)
    stream.headText.append(fields)
    let text = stream.headText.mutableBytes
    fieldList.removeAll()
    fieldList.append(name: ":status", value: UnsafeRawBufferPointer(rebasing: text[..<3]))
    _ = fieldList.append(lines: text, from: 3)
    let result: Int32
    if endsStream {
      result = nghttp2_submit_response(
        handle, id.number, fieldList.fields, fieldList.count, nil)
    } else {
      var source = HTTP2Session.bodyProvider
      result = nghttp2_submit_response(
        handle, id.number, fieldList.fields, fieldList.count, &source)
    }
    check(result)
  }

  /// Sends an interim answer without fields, such as 100, before the answer's head.
  public func submitInterim(_ id: HTTP2StreamID, status: Int) {
    precondition(side == .server && status >= 100 && status < 200 && status != 101)
    guard let stream = live(id) else { return }
    precondition(!stream.hasHead, "an interim answer comes before the answer")
    var digits = ByteBuffer(capacity: 3)
    digits.append(decimal: status)
    fieldList.removeAll()
    fieldList.append(name: ":status", value: digits.bytes)
    // Copied by nghttp2: the digits are gone when the frame is made.
    fieldList.fields[0].flags = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue)
    check(
      nghttp2_submit_headers(
        handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), id.number, nil, fieldList.fields, 1, nil))
  }

  /// Opens a stream for a request, whose whole head comes as HTTP/1.1 writes it, of valid text.
  ///
  /// `host` becomes `:authority`; fields of one hop are left out.
  /// - Returns: the stream; nil when no more may be opened now, or ever.
  public func submitRequest(
    head: UnsafeRawBufferPointer, scheme: StaticString, endsStream: Bool
  ) -> HTTP2StreamID? {
    precondition(side == .client)
    guard mayOpenStream else { return nil }
    let stream = takeSpareStream()
    stream.headText.append(head)
    fillFields(of: stream.headText.mutableBytes, scheme: scheme)
    let hasAuthority = fieldList.fields[0].valuelen > 0
    let first = hasAuthority ? 0 : 1
    var source = HTTP2Session.bodyProvider
    let number = withUnsafePointer(to: &source) {
      nghttp2_submit_request(
        handle, nil, fieldList.fields + first, fieldList.count - first, endsStream ? nil : $0, nil)
    }
    guard number > 0 else {
      keep(stream)
      check(number)
      return nil
    }
    let method = UnsafeRawBufferPointer(
      start: fieldList.fields[1].value, count: fieldList.fields[1].valuelen)
    let id = HTTP2StreamID(number)
    adopt(stream, id)
    stream.isAnnounced = true
    stream.hasHead = true
    stream.hasEnded = endsStream
    stream.hasBody = !endsStream
    stream.isToHead = method.elementsEqual("HEAD".utf8)
    floods.noteStream()
    return id
  }

  /// Whether `submitRequest` may open a stream now.
  public var mayOpenStream: Bool {
    failure == nil && !isEnding && !isEnded && openStreams < remoteMaxConcurrentStreams
      && nghttp2_session_check_request_allowed(handle) != 0
  }

  /// Streams that the peer lets us have open at once; 100 until its settings come.
  public var remoteMaxConcurrentStreams: Int {
    let value = nghttp2_session_get_remote_settings(
      handle, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
    return Int(min(value, UInt32(Int32.max)))
  }

  /// Fills the list from a head of HTTP/1.1: authority, method, scheme, path, fields.
  private func fillFields(of text: UnsafeMutableRawBufferPointer, scheme: StaticString) {
    guard let base = UnsafeRawPointer(text.baseAddress) else { preconditionFailure("no head") }
    let methodEnd = ByteSearch.first(ASCII.space, base, from: 0, to: text.count)
    let lineEnd = ByteSearch.firstControl(base, from: methodEnd, to: text.count)
    let versionStart = lineEnd &- HTTP1Version.length &- 1
    precondition(methodEnd > 0 && versionStart > methodEnd &+ 1, "not a request line")
    let none = UnsafeRawBufferPointer(start: base, count: 0)
    fieldList.removeAll()
    fieldList.append(name: ":authority", value: none)
    fieldList.append(name: ":method", value: UnsafeRawBufferPointer(start: base, count: methodEnd))
    fieldList.append(
      name: ":scheme",
      value: UnsafeRawBufferPointer(
        start: scheme.utf8Start, count: scheme.utf8CodeUnitCount))
    fieldList.append(
      name: ":path",
      value: UnsafeRawBufferPointer(
        start: base + methodEnd + 1, count: versionStart &- methodEnd &- 1))
    if let host = fieldList.append(lines: text, from: lineEnd &+ 2) {
      fieldList.setFirst(value: host)
    }
  }

  /// Sends body bytes, after the head; they are copied.
  public func write(_ id: HTTP2StreamID, _ bytes: UnsafeRawBufferPointer) {
    guard let stream = live(id), !bytes.isEmpty else { return }
    precondition(stream.hasBody && !stream.hasEnded, "no body is due")
    stream.outgoing.append(bytes)
    if stream.outgoing.count > settings.highWatermarkBytes { stream.isHigh = true }
    resume(stream)
  }

  /// Ends our side of a stream after what was written; `trailers` are lines `name: value` and CRLF.
  public func end(_ id: HTTP2StreamID, trailers: UnsafeRawBufferPointer? = nil) {
    guard let stream = live(id) else { return }
    precondition(stream.hasBody && !stream.hasEnded, "it was ended before")
    stream.hasEnded = true
    if let trailers, !trailers.isEmpty {
      stream.hasTrailers = true
      stream.trailerText.append(trailers)
    }
    resume(stream)
  }

  @inline(__always)
  private func resume(_ stream: HTTP2Stream) {
    guard stream.isDeferred else { return }
    stream.isDeferred = false
    check(nghttp2_session_resume_data(handle, stream.id.number))
  }

  private static var bodyProvider: nghttp2_data_provider {
    nghttp2_data_provider(
      source: nghttp2_data_source(ptr: nil), read_callback: HTTP2Library.bodySource)
  }

  /// Body bytes of a stream that are not in frames yet.
  public func bufferedByteCount(_ id: HTTP2StreamID) -> Int {
    streams[id]?.outgoing.count ?? 0
  }

  /// Whether body bytes wait because the peer gives no window, of the stream or the connection.
  public func isStalled(_ id: HTTP2StreamID) -> Bool {
    guard let stream = live(id), !stream.outgoing.isEmpty else { return false }
    return nghttp2_session_get_stream_remote_window_size(handle, id.number) <= 0
      || nghttp2_session_get_remote_window_size(handle) <= 0
  }

  /// Gives `count` body bytes of a stream back to its window: they are done with.
  public func consume(_ id: HTTP2StreamID, _ count: Int) {
    precondition(count >= 0)
    guard let stream = live(id), !stream.hasRemoteEnded, !stream.refusesRest else { return }
    check(nghttp2_session_consume_stream(handle, id.number, count))
  }
}
