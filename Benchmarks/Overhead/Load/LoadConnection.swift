internal import Bench
internal import EventLoop
internal import Vocabulary
internal import Wire

/// One keep-alive connection of the load generator: a request at a time.
///
/// Confined to its loop. Parses strictly, so a broken answer counts as a failure. Counts the empty
/// lines that end events where the answer is an event stream.
final class LoadConnection {
  /// When the request being answered was sent; nanoseconds of `MonotonicClock`.
  private(set) var sentAt: Int64 = 0
  /// Whether an answer is awaited.
  private(set) var isBusy = false
  /// Whether requests can be sent.
  private(set) var isOpen = false
  /// Events of the answer being read.
  private(set) var events = 0

  private unowned let observer: any LoadObserver
  private var stream: (any ByteStream)?
  private var received = ByteBuffer()
  private var parser = HTTP1ResponseParser(requestMethod: .post)
  private var head = ResponseHead()
  private var decoder: HTTP1BodyDecoder?
  private var endsWithLine = false

  /// A connection that `connect` opens.
  init(observer: any LoadObserver) {
    self.observer = observer
  }

  /// Starts to connect.
  func connect(to peer: HostAndPort, on loop: any Loop) {
    precondition(stream == nil, "a connection connects once")
    stream = loop.connect(
      to: peer, timeout: .seconds(20), options: StreamOptions(), handler: self)
  }

  /// Sends a whole request; nothing may be awaited.
  func send(_ request: [UInt8]) {
    precondition(isOpen && !isBusy, "a connection carries one request at a time")
    isBusy = true
    sentAt = MonotonicClock.nanoseconds()
    request.withUnsafeBytes { stream?.write($0) }
  }

  /// Hangs up.
  func close() {
    isOpen = false
    stream?.close()
  }

  /// Takes what it can of `bytes`; returns how much.
  private func take(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Int {
    var offset = 0
    while offset < bytes.count, isBusy {
      if decoder == nil {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        guard let length = try parser.parse(rest, into: &head) else { return offset }
        offset += length
        if head.isInterim { continue }
        decoder = HTTP1BodyDecoder(framing: head.framing)
      }
      guard try readBody(bytes, &offset) else { return offset }
      finish()
    }
    return offset
  }

  private func readBody(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(WireError) -> Bool {
    var count = 0
    defer { if count > 0 { tell(events: count) } }
    while true {
      switch try decoder?.next(bytes, &offset) {
      case .data(let range): count += countEvents(bytes, range)
      case .end: return true
      case .needMore, nil: return false
      }
    }
  }

  private func countEvents(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
    guard head.framing == .chunked || head.framing == .untilClose else { return 0 }
    var count = 0
    for byte in bytes[range] {
      let isLineEnd = byte == UInt8(ascii: "\n")
      if isLineEnd, endsWithLine { count += 1 }
      endsWithLine = isLineEnd
    }
    return count
  }

  private func tell(events count: Int) {
    events += count
    observer.connection(self, didReceiveEvents: count)
  }

  private func finish() {
    isBusy = false
    decoder = nil
    endsWithLine = false
    parser.reset(requestMethod: .post)
    let status = head.status
    if !head.keepsAlive { close() }
    observer.connection(self, didFinishWith: status)
    if !isBusy { events = 0 }
  }
}

extension LoadConnection: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    isOpen = true
    observer.connectionIsReady(self)
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    do throws(WireError) {
      if received.isEmpty {
        let taken = try take(bytes)
        received.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
      } else {
        received.append(bytes)
        received.removeFirst(try take(received.bytes))
      }
    } catch {
      close()
    }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    decoder?.finish()
    if isBusy, decoder?.isComplete == true { finish() }
    close()
  }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    isOpen = false
    let hadRequest = isBusy
    isBusy = false
    self.stream = nil
    observer.connectionDidClose(self, hadRequest: hadRequest)
  }
}
