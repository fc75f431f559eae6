internal import EventLoop
internal import Vocabulary
internal import Wire

/// One request of the router's own to a worker, without a body: an answer of bounded size within a
/// time, or nothing.
///
/// Confined to its loop; keeps itself alive while it is under way, and can be put again when it is
/// not. For rare questions only: it allocates.
final class WorkerQuery {
  /// What came of it.
  enum Outcome {
    /// The whole answer; the body is valid only during the call.
    case answered(status: Int, body: UnsafeRawBufferPointer)
    /// The worker gave no whole answer in time, or none could be asked for.
    case failed
  }

  /// Bytes of an answer where nothing else is said; those asked for are far smaller.
  static let longestAnswer = 256 * 1024

  /// What the answer's `content-type` said; empty when it said nothing. Valid once it was answered.
  private(set) var contentType: [UInt8] = []
  private let method: HTTPMethod
  private let path: String
  private let fields: [UInt8]
  private let addressFields: [UInt8]
  private let timeout: Duration
  private let longestAnswer: Int
  private let timer: any LoopTimer
  private var body = ByteBuffer()
  private var whenEnded: ((Outcome) -> Void)?
  private lazy var leg = Leg(observer: self)

  /// A query of `path` at `worker` by GET or POST, not yet put; an answer of more than
  /// `longestAnswer` bytes is a failure. `fields` are further lines of its head, each with its end.
  init(
    _ path: String, of worker: Worker, on loop: any Loop, timeout: Duration,
    longestAnswer: Int = WorkerQuery.longestAnswer, method: HTTPMethod = .get,
    fields: [UInt8] = []
  ) {
    precondition(path.hasPrefix("/"), "a path starts with a slash")
    precondition(longestAnswer > 0)
    precondition(method == .get || method == .post, "questions are asked by GET or POST")
    self.method = method
    self.fields = fields
    self.longestAnswer = longestAnswer
    self.path = worker.url.pathPrefix + path
    addressFields = worker.addressFields + fields
    self.timeout = timeout
    timer = loop.makeTimer()
  }

  /// Whether it is under way.
  var isOut: Bool { whenEnded != nil }

  /// Asks through `pool`; `whenEnded` is called once, never from within, unless `cancel` comes
  /// first. Precondition: not under way.
  func put(through pool: WorkerPool, whenEnded: @escaping (Outcome) -> Void) {
    precondition(!isOut, "a query is put again when it has ended")
    self.whenEnded = whenEnded
    body.removeAll(keepingCapacityUpTo: 4096)
    contentType = []
    leg.method = method
    // A leg that could not be started ends with the timer, which is armed in any case.
    timer.arm(after: pool.start(leg) ? timeout : .milliseconds(1), for: self)
  }

  /// Ends it without a word.
  func cancel() {
    timer.cancel()
    leg.cancel()
    whenEnded = nil
  }

  private func end(_ outcome: Outcome) {
    guard let whenEnded else { preconditionFailure("a query ends once") }
    self.whenEnded = nil
    withExtendedLifetime(self) {
      timer.cancel()
      whenEnded(outcome)
      // Answers may be large, and questions are rare.
      if !isOut { body.removeAll(keepingCapacityUpTo: 4096) }
    }
  }
}

extension WorkerQuery: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    leg.cancel()
    end(.failed)
  }
}

extension WorkerQuery: LegObserver {
  func legIsReady(_ leg: Leg) {
    var head = ByteBuffer(capacity: 256)
    head.append(method == .post ? "POST " : "GET ")
    head.append(path)
    head.append(" HTTP/1.1\r\n")
    addressFields.withUnsafeBytes { head.append($0) }
    head.append("user-agent: vllm-router\r\n")
    if method == .post { head.append("content-length: 0\r\n") }
    fields.withUnsafeBytes { head.append($0) }
    head.appendHeadEnd()
    withUnsafePointer(to: head.bytes) { leg.send(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  func legDidReceiveHead(_ leg: Leg) {
    guard let field = leg.head.fields.first(.contentType) else { return }
    contentType = Array(field.value.of(leg.headBytes.bytes))
  }

  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {
    guard body.count + bytes.count <= longestAnswer else {
      leg.cancel()
      end(.failed)
      return
    }
    body.append(bytes)
  }

  func legDidEnd(_ leg: Leg) {
    end(.answered(status: leg.head.status, body: body.bytes))
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    end(.failed)
  }
}
