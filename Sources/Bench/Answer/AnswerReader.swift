internal import Vocabulary
internal import Wire

/// Reads the answers of one connection: HTTP/1.1 heads, bodies, and the events in them.
///
/// Keeps what is unfinished: a head, an event, or the whole of a body that is no event stream (64
/// MiB at most). After an error it must be dropped. Pure: moments come from outside.
struct AnswerReader: ~Copyable {
  /// How far an answer is.
  enum Progress: Equatable {
    /// More of it is to come.
    case unfinished
    /// It is complete, and so is everything given.
    case complete
    /// It is of no use, and neither is its connection; why.
    case broken(String)
  }

  /// The most bytes of a body that is kept whole.
  static let bodyLimit = 64 * 1024 * 1024
  /// The part of a body kept when all that is wanted of it is a message.
  private static let messageLimit = 16 * 1024

  /// The status of the present answer, once `hasHead`.
  private(set) var status = 0
  /// Whether any byte of the present answer has come.
  private(set) var hasBytes = false
  /// Whether the head of the present answer has come.
  var hasHead: Bool { decoder != nil }
  /// Whether the connection may be used for another request.
  private(set) var keepsAlive = true

  private var received = ByteBuffer()
  private var parser = HTTP1ResponseParser(requestMethod: .post)
  private var head = ResponseHead()
  private var decoder: HTTP1BodyDecoder?
  private var isEventStream = false
  private var splitter = EventSplitter()
  private var body = ByteBuffer()

  /// Forgets the answer before: the next one answers a request with `method`.
  mutating func begin(_ method: HTTPMethod) {
    precondition(received.isEmpty || hasBytes, "nothing was read before it was asked for")
    received.removeAll(keepingCapacityUpTo: 4096)
    body.removeAll(keepingCapacityUpTo: 4096)
    parser.reset(requestMethod: method)
    splitter.reset()
    decoder = nil
    isEventStream = false
    hasBytes = false
    status = 0
  }

  /// The body, where it is no event stream of status 200.
  var bodyBytes: UnsafeRawBufferPointer { body.bytes }

  /// Whether the body came as events.
  var isStream: Bool { isEventStream }

  /// Reads on; `event` is called with the data of each event of a stream.
  mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ event: (UnsafeRawBufferPointer) -> Void
  ) throws(WireError) -> Progress {
    hasBytes = hasBytes || !bytes.isEmpty
    if decoder != nil {
      var offset = 0
      return try readBody(bytes, &offset, event)
    }
    if received.isEmpty {
      let (progress, taken) = try readHead(bytes, event)
      if decoder == nil { received.append(UnsafeRawBufferPointer(rebasing: bytes[taken...])) }
      return progress
    }
    received.append(bytes)
    var whole = ByteBuffer()
    swap(&whole, &received)
    let (progress, taken) = try readHead(whole.bytes, event)
    whole.removeFirst(taken)
    if decoder == nil { swap(&whole, &received) }
    return progress
  }

  /// The connection has ended; whether the answer is complete by that.
  mutating func readEnd() -> Bool {
    decoder?.finish()
    return decoder?.isComplete == true
  }

  private mutating func readHead(
    _ bytes: UnsafeRawBufferPointer, _ event: (UnsafeRawBufferPointer) -> Void
  ) throws(WireError) -> (Progress, taken: Int) {
    var offset = 0
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      guard let length = try parser.parse(rest, into: &head) else { return (.unfinished, offset) }
      if !head.isInterim {
        noteHead(rest)
        offset += length
        return (try readBody(bytes, &offset, event), offset)
      }
      offset += length
    }
  }

  private mutating func noteHead(_ bytes: UnsafeRawBufferPointer) {
    status = head.status
    keepsAlive = head.keepsAlive
    decoder = HTTP1BodyDecoder(framing: head.framing)
    guard status == 200, let field = head.fields.first(.contentType) else { return }
    let prefix = field.value.of(bytes).prefix(17).map { $0 | 0x20 }
    isEventStream = prefix.elementsEqual("text/event-stream".utf8.map { $0 | 0x20 })
  }

  private mutating func readBody(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ event: (UnsafeRawBufferPointer) -> Void
  ) throws(WireError) -> Progress {
    while true {
      switch try decoder?.next(bytes, &offset) {
      case .data(let range):
        let piece = UnsafeRawBufferPointer(rebasing: bytes[range])
        if isEventStream {
          guard splitter.split(piece, event) else { return .broken("an event is too long") }
        } else {
          guard body.count + piece.count <= AnswerReader.bodyLimit else {
            return .broken("the answer is too long")
          }
          let room = status == 200 ? piece.count : AnswerReader.messageLimit - body.count
          body.append(UnsafeRawBufferPointer(rebasing: piece.prefix(max(0, room))))
        }
      case .end:
        return offset == bytes.count ? .complete : .broken("more came than was asked for")
      case .needMore, nil: return .unfinished
      }
    }
  }
}
