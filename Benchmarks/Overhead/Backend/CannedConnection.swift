internal import EventLoop
internal import Glibc
internal import Vocabulary
internal import Wire

/// One client connection of a `CannedBackend`.
///
/// Answers one request after another; bytes that come during a stream wait. The stream that holds
/// it owns it. A stream's events fall due at whole multiples of its interval: no lateness adds up.
final class CannedConnection {
  private unowned let stream: any ByteStream
  private let answers: CannedAnswers
  private var received = ByteBuffer()
  private var parser = HTTP1RequestParser()
  private var head = RequestHead()
  private var decoder: HTTP1BodyDecoder?
  /// Bytes of `received` that belong to the request being read and have been looked at.
  private var offset = 0
  private var timer: (any LoopTimer)?
  private var eventsLeft = 0
  private var nextEvent = Instant.zero
  private var interval = Duration.zero

  /// A connection over an accepted stream.
  init(stream: any ByteStream, answers: CannedAnswers) {
    self.stream = stream
    self.answers = answers
  }

  private func advance() {
    do throws(WireError) {
      while eventsLeft == 0, try readRequest() {
        answer()
        received.removeFirst(offset)
        received.removeAll(keepingCapacityUpTo: received.isEmpty ? 4096 : .max)
        offset = 0
        decoder = nil
      }
    } catch {
      stream.close()
    }
  }

  /// Reads on; true when a request is complete and ends at `offset`.
  private func readRequest() throws(WireError) -> Bool {
    guard !received.isEmpty else { return false }
    if decoder == nil {
      guard let length = try parser.parse(received.bytes, into: &head) else { return false }
      offset = length
      decoder = HTTP1BodyDecoder(framing: head.framing)
    }
    while true {
      switch try decoder?.next(received.bytes, &offset) {
      case .data: continue
      case .end: return true
      case .needMore, nil: return false
      }
    }
  }

  private func answer() {
    let request = UnsafeRawBufferPointer(rebasing: received.bytes[0..<offset])
    guard head.method == .post else { return write(answers.list) }
    if CannedConnection.end(of: #""do_remote_decode":true"#, in: request) != nil {
      write(answers.prefill)
    } else if CannedConnection.end(of: #""stream":true"#, in: request) != nil {
      startStream(
        events: CannedConnection.number(after: #""max_tokens":"#, in: request) ?? 16,
        milliseconds: CannedConnection.number(after: #""seed":"#, in: request) ?? 0)
    } else {
      write(answers.whole)
    }
  }

  private func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { stream.write($0) }
  }
}

// MARK: - Streams

extension CannedConnection: LoopTimerHandler {
  private func startStream(events: Int, milliseconds: Int) {
    write(answers.streamHead)
    eventsLeft = max(1, events)
    interval = .milliseconds(max(0, milliseconds))
    nextEvent = stream.loop.now
    writeDueEvents()
  }

  private func writeDueEvents() {
    let now = stream.loop.now
    while eventsLeft > 0, nextEvent <= now {
      write(answers.event)
      eventsLeft -= 1
      nextEvent = nextEvent + interval
    }
    guard eventsLeft > 0 else { return write(answers.streamEnd) }
    let timer = self.timer ?? stream.loop.makeTimer()
    self.timer = timer
    timer.arm(after: nextEvent - now, for: self)
  }

  func timerDidFire(_ timer: any LoopTimer) {
    writeDueEvents()
    if eventsLeft == 0 { advance() }
  }
}

// MARK: - Reading bodies

extension CannedConnection {
  /// Where `needle` ends in `bytes`; nil when it is not there.
  private static func end(of needle: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard var place = bytes.baseAddress else { return nil }
    let size = needle.utf8CodeUnitCount
    let end = place + bytes.count
    while end - place >= size {
      let first = Int32(needle.utf8Start.pointee)
      guard let found = memchr(place, first, end - place - size + 1) else { return nil }
      place = UnsafeRawPointer(found)
      if memcmp(place, needle.utf8Start, size) == 0 { return place - bytes.baseAddress! + size }
      place += 1
    }
    return nil
  }

  /// The decimal number directly after `key`, of at most nine digits.
  private static func number(
    after key: StaticString, in bytes: UnsafeRawBufferPointer
  ) -> Int? {
    guard let start = end(of: key, in: bytes) else { return nil }
    var number: Int?
    for byte in bytes[start...].prefix(9) {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
      number = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}

extension CannedConnection: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {}

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    received.append(bytes)
    advance()
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    stream.close()
  }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    timer?.cancel()
    eventsLeft = 0
  }
}
