internal import Vocabulary
internal import Wire

/// One session fed with bytes, its owner acting as the input chooses, and all that was told.
final class SessionRun {
  private enum Stage {
    case open
    case ended
    case closed
  }

  /// Heads, trailers and ends in the order told.
  private(set) var log: [String] = []
  /// Body bytes by stream.
  private(set) var bodies: [Int32: [UInt8]] = [:]
  /// Whether neither side broke anything off.
  private(set) var isClean = true

  private let session: HTTP2Session
  private let acts: Bool
  private var stages: [HTTP2StreamID: Stage] = [:]

  init(_ input: FuzzInput) {
    var settings = HTTP2Settings()
    // Cutting makes nghttp2 count more of them.
    settings.continuations = 1000
    if input.chooses(1) {
      settings.head.headBytes = 300
      settings.head.headerCount = 5
      settings.head.startLineBytes = 48
      settings.head.trailerBytes = 100
      settings.maxConcurrentStreams = 2
      settings.initialWindowBytes = 40
      settings.interimHeads = 1
    }
    session = HTTP2Session(side: input.chooses(0) ? .client : .server, settings: settings)
    acts = input.chooses(2)
    if session.side == .client { openStreams() }
  }

  private func openStreams() {
    for method in ["GET", "POST", "HEAD"] {
      let head = ExactBytes(
        "\(method) /a?b HTTP/1.1\r\nHost: h\r\nTE: gzip\r\nX-Y:  z \r\n\r\n".utf8)
      guard
        let id = session.submitRequest(
          head: head.raw, scheme: "http", endsStream: method != "POST")
      else { preconditionFailure("three streams may be opened") }
      stages[id] = .open
    }
    makeOutput()
  }

  /// Receives `bytes` in pieces that end at `ends`, then lets the connection end.
  func feed(_ bytes: [UInt8], ends: [Int]) -> SessionRun {
    var start = 0
    for end in ends where session.failure == nil {
      let piece = ExactBytes(bytes[start..<end])
      do throws(HTTP2Error) {
        try session.receive(piece.raw, now: Instant(nanoseconds: 1))
      } catch {
        isClean = false
        precondition(session.failure == error)
      }
      drain(piece.raw)
      start = end
      if acts, !isClean { makeOutput() }
    }
    makeOutput()
    if session.failure != nil { isClean = false }
    let wasClean = isClean
    session.goAway(.noError)
    drain(UnsafeRawBufferPointer(start: nil, count: 0))
    makeOutput()
    isClean = wasClean
    precondition(session.isOver && session.openStreams == 0, "something is left open")
    precondition(stages.values.allSatisfy { $0 == .closed }, "an end was not told")
    return self
  }

  private func makeOutput() {
    var output = ByteBuffer()
    session.produce(into: &output, upTo: .max)
    if SessionRun.breaksOff(output.bytes) { isClean = false }
    drain(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Whether there is RST_STREAM or GOAWAY among `bytes`, which are whole frames.
  private static func breaksOff(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var place = bytes.starts(with: "PRI".utf8) ? 24 : 0
    var found = false
    while place < bytes.count {
      precondition(place + 9 <= bytes.count, "half a frame")
      let length = Int(bytes[place]) << 16 | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
      found = found || bytes[place + 3] == 3 || bytes[place + 3] == 7
      place += 9 + length
    }
    precondition(place == bytes.count, "half a frame")
    return found
  }

  private func drain(_ bytes: UnsafeRawBufferPointer) {
    while let event = session.nextEvent() { hear(event, bytes) }
  }

  private func hear(_ event: HTTP2Event, _ bytes: UnsafeRawBufferPointer) {
    switch event {
    case .requestHead(let id, let ends): hearRequest(id, ends)
    case .responseHead(let id, let ends):
      expect(id, .open)
      log.append("\(id.number) " + SessionHead.takeResponse(of: id, from: session))
      if ends { stages[id] = .ended }
    case .badHead(let id, let error):
      isClean = false
      if session.side == .server { begin(id) }
      log.append("\(id.number) \(error)")
      if session.side == .server, acts { answer(id) }
    case .data(let id, let range):
      expect(id, .open)
      precondition(!range.isEmpty)
      bodies[id.number, default: []] += bytes[range]
      session.consume(id, range.count)
    case .trailers(let id):
      expect(id, .open)
      log.append("\(id.number) " + SessionHead.takeTrailers(of: id, from: session))
    case .end(let id):
      expect(id, .open)
      stages[id] = .ended
      log.append("\(id.number) end")
    case .closed(let id, let code):
      precondition(stages[id] != nil && stages[id] != .closed, "closed twice, or never open")
      stages[id] = .closed
      if code != .noError { isClean = false }
    case .drained(let id): precondition(stages[id] != nil)
    case .settings, .pong: break
    case .goAway: isClean = false
    }
  }

  private func begin(_ id: HTTP2StreamID) {
    precondition(stages[id] == nil && id.number % 2 == 1, "announced twice")
    stages[id] = .open
  }

  private func expect(_ id: HTTP2StreamID, _ stage: Stage) {
    precondition(stages[id] == stage, "out of order")
  }

  private func hearRequest(_ id: HTTP2StreamID, _ ends: Bool) {
    begin(id)
    if ends { stages[id] = .ended }
    log.append("\(id.number) \(ends) " + SessionHead.takeRequest(of: id, from: session))
    if acts { answer(id) }
  }

  /// Answers in one of several ways, by the stream's number.
  private func answer(_ id: HTTP2StreamID) {
    let lines = ExactBytes("X-Y: z\r\nConnection: close\r\n".utf8)
    let choice = id.number / 2 % 5
    guard choice < 4 else { return session.reset(id, .cancel) }
    session.submitResponse(id, status: 200, fields: lines.raw, endsStream: choice == 0)
    guard choice > 0 else { return }
    session.write(id, lines.raw)
    if choice == 2 { session.end(id, trailers: lines.raw) }
    if choice == 3 { session.refuseRest(of: id) }
  }
}
