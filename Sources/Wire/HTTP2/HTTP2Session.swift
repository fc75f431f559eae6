internal import CNGHTTP2
public import Vocabulary

/// One connection of HTTP/2 (RFC 9113), either side, without I/O: bytes in, events out; calls in,
/// bytes out.
///
/// Framing, header compression, windows and priorities are nghttp2's; heads, limits, defences and
/// buffers are here. The owner hands over what it reads with `receive`, takes all events with
/// `nextEvent`, acts, and fetches output with `produce`, which is pulled: bytes wait in their
/// streams, within watermarks, until the owner has room for them. Streams share the connection
/// fairly, a frame each in turn, unless the client sends `priority` (RFC 9218); the priorities of
/// RFC 7540 are declined and ignored.
///
/// Calls about a stream that is over do nothing, so that an owner need not know what is recorded
/// and not yet heard. After an error (thrown, or in `failure`) every stream is `.closed`, nothing
/// more is read, and GOAWAY is the last output. Lives on one thread, never waits and keeps no
/// pointer to what it is given. An open connection costs some 16 KiB, and up to 40 once it was
/// busy; an open idle stream 1.2 KiB.
public final class HTTP2Session {
  /// Which end of a connection a session is.
  public enum Side: Sendable {
    /// Takes requests.
    case server
    /// Makes requests.
    case client
  }

  /// Which end this is.
  public let side: Side
  /// What it was made with.
  public let settings: HTTP2Settings
  /// Why the connection ends, once it does so before its time; the same as was thrown.
  public internal(set) var failure: HTTP2Error?
  /// Streams that are open now, those included whose head is still coming.
  public internal(set) var openStreams = 0

  /// nghttp2's session; there from the first line of `init` to the last of `deinit`.
  var handle: OpaquePointer! = nil
  var streams = HTTP2StreamTable()
  var floods: HTTP2FloodGuard
  var now = Instant.zero
  private var events: [HTTP2Event] = []
  private var nextPlace = 0
  /// Streams that their owner reset and that are not closed for it yet.
  var silencedStreams = 0
  var spareStreams: [HTTP2Stream] = []
  var spareBlocks: [HTTP2HeadBlock] = []

  /// The bytes of the `receive` that is running.
  var input = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Body bytes that came in it.
  var inputBodyBytes = 0
  /// Answers that it made nghttp2 queue and that are no sign of an error.
  var inputAnswers = 0
  /// The header block that is being decoded, and its stream.
  var reading: (stream: HTTP2Stream, block: HTTP2HeadBlock)?
  /// Whether a HEADERS frame began that no stream has claimed yet.
  var hasStrayHeaders = false
  /// An error found inside of nghttp2, to be acted on outside of it.
  var pendingError: HTTP2Error?

  /// Control frames that were fetched from nghttp2 before the owner asked.
  var early = ByteBuffer()
  /// How many of them are the protocol's own, not heads.
  var earlyFrames = 0
  /// Whether they are being fetched.
  var isFetchingEarly = false
  /// Where frames go now, and how many bytes may be there.
  var output: UnsafeMutablePointer<ByteBuffer>?
  var outputLimit = 0
  var fieldList = HTTP2FieldList()
  /// Whether no new streams are wanted.
  var isEnding = false
  /// Whether the owner ended the connection.
  var isEnded = false
  /// Whether a graceful end has named its last stream.
  var isLastStreamSaid = false
  /// Whether nghttp2 can make no more frames.
  var isBroken = false
  /// Recorded events that refer to the bytes of the last `receive`.
  private var dataEvents = 0

  /// A session at the start of a connection; its settings wait to be sent.
  public init(side: Side, settings: HTTP2Settings = HTTP2Settings()) {
    precondition(settings.maxConcurrentStreams > 0)
    precondition(settings.initialWindowBytes > 0)
    precondition(settings.initialWindowBytes <= Int(Int32.max))
    precondition(settings.connectionWindowBytes >= 65_535)
    precondition(settings.connectionWindowBytes <= Int(Int32.max))
    precondition(settings.lowWatermarkBytes < settings.highWatermarkBytes)
    precondition(settings.head.headBytes > 0 && settings.head.headBytes < Int(Int32.max) / 2)
    self.side = side
    self.settings = settings
    floods = HTTP2FloodGuard(settings.floods)
    handle = HTTP2Library.makeSession(for: self, side: side, settings: settings)
    submitSettings()
  }

  deinit {
    nghttp2_session_del(handle)
  }

  private func submitSettings() {
    var entries = [
      entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.initialWindowBytes),
      entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.head.headBytes),
    ]
    switch side {
    case .server:
      entries.append(entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams))
      entries.append(entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1))
    case .client:
      entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
    }
    let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    precondition(nghttp2_submit_settings(handle, flags, entries, entries.count) == 0)
    let window = Int32(settings.connectionWindowBytes)
    precondition(nghttp2_session_set_local_window_size(handle, flags, 0, window) == 0)
  }

  private func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
    nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(value))
  }

  /// Begins with the request of an HTTP/1.1 connection that came with `Upgrade: h2c`
  /// (RFC 7540 §3.2): stream 1, whose request is complete and whose head the owner has.
  ///
  /// `settings` is what `HTTP2-Settings` says, decoded. To be called before anything else; the
  /// client's preface is still to be received.
  /// - Throws: `invalidUpgrade`; the session is of no further use, and the request is to be
  ///   answered in HTTP/1.1.
  public func upgrade(
    settings: UnsafeRawBufferPointer, method: HTTPMethod
  ) throws(HTTP2Error) {
    precondition(side == .server && openStreams == 0)
    let payload = settings.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let result = nghttp2_session_upgrade2(
      handle, payload, settings.count, method == .head ? 1 : 0, nil)
    guard result == 0 else { throw .invalidUpgrade }
    // Values out of range make nghttp2 end the connection, which shows in what it sends.
    fetchEarly(nghttp2_session_get_outbound_queue_size(handle))
    guard failure == nil else { throw .invalidUpgrade }
    let stream = openStream(.upgraded)
    stream.isAnnounced = true
    stream.hasRemoteEnded = true
    shareFairly(.upgraded)
  }

  /// Reads on; what it means is recorded, and to be taken with `nextEvent` before the next call and
  /// before `bytes` go.
  ///
  /// - Throws: why the connection is to end. Every stream is `.closed`, and GOAWAY is the last that
  ///   `produce` gives. What came before the error is recorded all the same.
  public func receive(_ bytes: UnsafeRawBufferPointer, now: Instant) throws(HTTP2Error) {
    if let failure { throw failure }
    precondition(dataEvents == 0, "events of the bytes before were not taken")
    self.now = now
    input = bytes
    inputBodyBytes = 0
    inputAnswers = 0
    floods.noteReceived(bytes.count)
    let queued = nghttp2_session_get_outbound_queue_size(handle)
    let result = nghttp2_session_mem_recv(
      handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    input = UnsafeRawBufferPointer(start: nil, count: 0)
    if result < 0 { fail(pendingError ?? HTTP2Library.error(of: result)) }
    if failure == nil { settleInput(queued) }
    if let failure { throw failure }
  }

  /// What is to be done after bytes were read: windows, budgets, and looking for an error.
  private func settleInput(_ queued: Int) {
    if inputBodyBytes > 0 { nghttp2_session_consume_connection(handle, inputBodyBytes) }
    guard floods.allowsIdleBytes else { return fail(.idleByteFlood) }
    let waiting = nghttp2_session_get_outbound_queue_size(handle)
    if waiting > queued &+ inputAnswers { fetchEarly(waiting) }
    let limit = settings.queuedControlFrames
    if waiting > limit &+ openStreams &* 4 || earlyFrames > limit { fail(.outputFlood) }
  }

  /// The next thing that happened, in order; nil when there is nothing more.
  public func nextEvent() -> HTTP2Event? {
    while nextPlace < events.count {
      let event = events[nextPlace]
      nextPlace &+= 1
      if case .data = event { dataEvents &-= 1 }
      if case .closed(let id, _) = event {
        release(id)
      } else if silencedStreams > 0, let id = event.stream, streams[id]?.isReset == true {
        continue
      }
      return event
    }
    if nextPlace > 0 {
      events.removeAll(keepingCapacity: events.count <= 256)
      nextPlace = 0
    }
    return nil
  }

  /// Records an event.
  @inline(__always)
  func record(_ event: HTTP2Event) {
    events.append(event)
  }

  /// Records that body bytes came.
  @inline(__always)
  func recordData(_ id: HTTP2StreamID, _ range: Range<Int>) {
    dataEvents &+= 1
    events.append(.data(id, range))
  }

  /// Takes the request that `.requestHead` announced; what it says lies in `bytes`.
  ///
  /// To be called once for each such event. What `head` and `bytes` held is forgotten, their
  /// storage used for other heads.
  public func takeRequestHead(
    of id: HTTP2StreamID, into head: inout RequestHead, bytes: inout ByteBuffer
  ) {
    let block = takeBlock(of: id)
    block.take(into: &head, &bytes)
    keep(block)
  }

  /// Takes the answer that `.responseHead` announced; what it says lies in `bytes`.
  ///
  /// To be called once for each such event, in order.
  public func takeResponseHead(
    of id: HTTP2StreamID, into head: inout ResponseHead, bytes: inout ByteBuffer
  ) {
    let isToHead = streams[id]?.isToHead == true
    let block = takeBlock(of: id)
    block.take(into: &head, &bytes, isToHead: isToHead)
    keep(block)
  }

  /// Takes the fields that `.trailers` announced, each as a line `name: value` and CRLF.
  public func takeTrailers(of id: HTTP2StreamID, into bytes: inout ByteBuffer) {
    let block = takeBlock(of: id)
    block.takeLines(into: &bytes)
    keep(block)
  }

  private func takeBlock(of id: HTTP2StreamID) -> HTTP2HeadBlock {
    guard let stream = streams[id], !stream.blocks.isEmpty else {
      preconditionFailure("no head was announced, or it was taken")
    }
    return stream.blocks.removeFirst()
  }

  /// Whether there is something to send now.
  public var wantsOutput: Bool {
    !early.isEmpty || (!isBroken && nghttp2_session_want_write(handle) != 0)
  }

  /// Whether the connection has nothing more to say or to hear, and is to be closed.
  public var isOver: Bool {
    guard !wantsOutput else { return false }
    // nghttp2 takes the first GOAWAY of a graceful end for the last.
    if side == .server, isEnding, !isLastStreamSaid { return false }
    return failure != nil || isEnded || nghttp2_session_want_read(handle) == 0
  }
}
