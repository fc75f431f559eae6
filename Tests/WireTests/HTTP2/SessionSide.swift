import Testing
import Vocabulary
import Wire

/// One end of a connection in a test: a session, what it heard in words, and its open requests.
final class SessionSide {
  let session: HTTP2Session
  /// What was heard, in order: events in words, heads with their fields.
  var heard: [String] = []
  /// Body bytes by stream.
  var bodies: [HTTP2StreamID: [UInt8]] = [:]
  /// Whether body bytes are given back to their windows as they come.
  var givesBack = true
  /// The error that ended it.
  var error: HTTP2Error?
  /// What else is to be done with an event.
  var onEvent: ((HTTP2Event) -> Void)?
  var now = Instant(nanoseconds: 1)

  init(_ side: HTTP2Session.Side, _ settings: HTTP2Settings = HTTP2Settings()) {
    session = HTTP2Session(side: side, settings: settings)
  }

  /// Receives `bytes` in pieces that end at `ends`, each in memory of its own.
  func receive(_ bytes: [UInt8], ends: [Int]? = nil) {
    var start = 0
    for end in ends ?? [bytes.count] where error == nil {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
      defer { copy.deallocate() }
      copy.copyBytes(from: bytes[start..<end])
      do throws(HTTP2Error) {
        try session.receive(UnsafeRawBufferPointer(copy), now: now)
      } catch {
        self.error = error
      }
      drain(UnsafeRawBufferPointer(copy))
      start = end
    }
  }

  /// Notes a stream that was opened otherwise than by `request`.
  func expect(_ id: HTTP2StreamID) { announced.insert(id) }

  /// Takes all events.
  func drain(_ bytes: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)) {
    while let event = session.nextEvent() {
      hear(event, bytes)
      onEvent?(event)
    }
  }

  /// Streams that were announced or opened, and those that were closed; each at most once.
  private(set) var announced: Set<HTTP2StreamID> = []
  private(set) var closed: Set<HTTP2StreamID> = []
  /// Streams whose peer ended them.
  private var ended: Set<HTTP2StreamID> = []

  /// Checks that what is told of a stream comes in an order that makes sense.
  private func checkOrder(_ event: HTTP2Event) {
    guard let id = event.stream else { return }
    #expect(!closed.contains(id), "an event after the last one: \(event)")
    switch event {
    case .requestHead(_, let ends):
      #expect(announced.insert(id).inserted, "announced twice: \(event)")
      if ends { ended.insert(id) }
    case .badHead where session.side == .server:
      #expect(announced.insert(id).inserted, "announced twice: \(event)")
    case .responseHead(_, let ends):
      #expect(!ended.contains(id))
      if ends { ended.insert(id) }
    case .end: #expect(ended.insert(id).inserted, "ended twice")
    case .closed: closed.insert(id)
    case .data, .trailers: #expect(!ended.contains(id), "more after the end: \(event)")
    default: break
    }
    #expect(announced.contains(id), "of a stream nobody knows: \(event)")
  }

  private func hear(_ event: HTTP2Event, _ bytes: UnsafeRawBufferPointer) {
    checkOrder(event)
    switch event {
    case .requestHead(let id, let ends): heard.append(takeRequest(id) + (ends ? " ends" : ""))
    case .responseHead(let id, let ends): heard.append(takeResponse(id) + (ends ? " ends" : ""))
    case .badHead(let id, let error): heard.append("\(id.number) bad \(error)")
    case .data(let id, let range):
      bodies[id, default: []] += bytes[range]
      if givesBack { session.consume(id, range.count) }
    case .trailers(let id):
      var lines = ByteBuffer()
      session.takeTrailers(of: id, into: &lines)
      heard.append("\(id.number) trailers \(text(lines.bytes))")
    case .end(let id): heard.append("\(id.number) end")
    case .closed(let id, let code): heard.append("\(id.number) closed \(code)")
    case .drained(let id): heard.append("\(id.number) drained")
    case .settings: heard.append("settings")
    case .goAway(let last, let code): heard.append("goaway \(last.number) \(code)")
    case .pong: heard.append("pong")
    }
  }

  private func takeRequest(_ id: HTTP2StreamID) -> String {
    var head = RequestHead()
    var bytes = ByteBuffer()
    session.takeRequestHead(of: id, into: &head, bytes: &bytes)
    let base = bytes.bytes
    var words = ["\(id.number)", text(head.methodName.of(base)), text(head.target.of(base))]
    words.append("host=" + (head.host.map { text($0.of(base)) } ?? "none"))
    words.append("\(head.framing)")
    if head.expectsContinue { words.append("continue") }
    return (words + fields(head.fields, base)).joined(separator: " ")
  }

  private func takeResponse(_ id: HTTP2StreamID) -> String {
    var head = ResponseHead()
    var bytes = ByteBuffer()
    session.takeResponseHead(of: id, into: &head, bytes: &bytes)
    let words = ["\(id.number)", "\(head.status)", "\(head.framing)"]
    return (words + fields(head.fields, bytes.bytes)).joined(separator: " ")
  }

  private func fields(_ table: borrowing HeaderTable, _ base: UnsafeRawBufferPointer) -> [String] {
    (0..<table.count).map { text(table[$0].name.of(base)) + ":" + text(table[$0].value.of(base)) }
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "|")
  }

  /// All output there is now.
  func output(upTo limit: Int = .max) -> [UInt8] {
    var buffer = ByteBuffer()
    session.produce(into: &buffer, upTo: limit)
    if let failure = session.failure { error = error ?? failure }
    drain()
    return Array(buffer.bytes)
  }

  func body(_ id: HTTP2StreamID) -> String {
    String(decoding: bodies[id] ?? [], as: UTF8.self)
  }

  /// Answers with a head of `lines`.
  func respond(_ id: HTTP2StreamID, _ status: Int, _ lines: String = "", ends: Bool = false) {
    withBytes(lines) { session.submitResponse(id, status: status, fields: $0, endsStream: ends) }
  }

  func request(_ head: String, ends: Bool = false) -> HTTP2StreamID? {
    let id = withBytes(head) { session.submitRequest(head: $0, scheme: "http", endsStream: ends) }
    if let id { announced.insert(id) }
    return id
  }

  func write(_ id: HTTP2StreamID, _ text: String) {
    withBytes(text) { session.write(id, $0) }
  }

  func end(_ id: HTTP2StreamID, _ trailers: String? = nil) {
    guard let trailers else { return session.end(id) }
    withBytes(trailers) { session.end(id, trailers: $0) }
  }
}

func withBytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
  Array(text.utf8).withUnsafeBytes(body)
}

/// Carries bytes between two sessions until both are silent.
func exchange(_ left: SessionSide, _ right: SessionSide, step: Int = .max) {
  for _ in 0..<10_000 {
    let toRight = left.output()
    right.receive(toRight, ends: pieces(toRight.count, step))
    let toLeft = right.output()
    left.receive(toLeft, ends: pieces(toLeft.count, step))
    if toRight.isEmpty, toLeft.isEmpty { return }
  }
}

private func pieces(_ count: Int, _ step: Int) -> [Int] {
  step >= count ? [count] : Array(stride(from: step, to: count, by: step)) + [count]
}
