internal import Vocabulary
internal import Wire

/// What of a worker's answer goes to the client, and when: pure, bytes in, decisions out.
///
/// Holds an answer back while it may still be replaced by another worker's: a stream until its first
/// token (the role-only chunk of a chat stream comes before any token exists), a whole answer until
/// it is complete. Afterwards passes on whole events only, so that an error event can follow any byte
/// already sent. Holds at most `limit` bytes; beyond that it passes on what it has.
struct AnswerRelay: ~Copyable {
  /// How the answer is watched.
  enum Mode: Equatable {
    /// Passed on from the first byte, unread.
    case opaque
    /// One document: held until complete.
    case whole
    /// Server-sent events: held until the first token.
    case events
  }

  /// What to do with the piece of answer just taken.
  struct Decision: Equatable {
    /// Send what is held, then this many bytes of the piece; keep the rest. Nil: keep all of it.
    var sends: Int?
    /// The piece holds the first token of the answer.
    var hasFirstToken = false
    /// The engine reports a failure before the first token; nothing of it was sent.
    var isEngineFailure = false
  }

  private var mode: Mode
  private let limit: Int
  private var scanner = ServerSentEventScanner()
  private var hasToken = false
  /// Whether the bytes sent so far are whole events.
  private var isAtBoundary = true
  /// Bytes kept back, to be sent before anything else.
  private(set) var held = ByteBuffer()
  /// Whether the answer is flowing: nothing more is held for a possible retry.
  private(set) var hasBegun = false
  /// Events that held tokens so far.
  private(set) var tokenEvents = 0
  /// Whether the stream announced its own end (`[DONE]`).
  private(set) var sawDone = false

  /// A relay that holds at most `limit` bytes.
  init(mode: Mode = .opaque, limit: Int) {
    precondition(limit > 0)
    self.mode = mode
    self.limit = limit
  }

  /// Begins with another answer; keeps a small buffer for it.
  mutating func reset(mode: Mode) {
    self.mode = mode
    scanner = ServerSentEventScanner()
    held.removeAll(keepingCapacityUpTo: 4096)
    hasToken = false
    isAtBoundary = true
    hasBegun = false
    tokenEvents = 0
    sawDone = false
  }

  /// Whether the answer is a stream of events that is read here.
  var isEventStream: Bool { mode == .events }

  /// Whether the bytes sent so far end at an event boundary, so that an event of ours may follow.
  var acceptsEvent: Bool { mode == .events && isAtBoundary }

  /// Decides about a piece; `remaining` is how many bytes of the answer follow it, when known.
  mutating func take(_ bytes: UnsafeRawBufferPointer, remaining: Int?) -> Decision {
    switch mode {
    case .opaque:
      hasBegun = true
      return Decision(sends: bytes.count)
    case .whole: return takeWhole(bytes, remaining: remaining)
    case .events: return takeEvents(bytes)
    }
  }

  /// Keeps bytes that were not to be sent.
  mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    held.append(bytes)
  }

  /// Forgets the held bytes: they were sent.
  mutating func didSendHeld() {
    held.removeAll()
  }

  private mutating func takeWhole(
    _ bytes: UnsafeRawBufferPointer, remaining: Int?
  ) -> Decision {
    let mustFlow = hasBegun || remaining == 0 || held.count + bytes.count > limit
    guard mustFlow else { return Decision() }
    hasBegun = true
    return Decision(sends: bytes.count)
  }

  private mutating func takeEvents(_ bytes: UnsafeRawBufferPointer) -> Decision {
    let summary = scanner.scan(bytes)
    tokenEvents += summary.tokenEvents
    if summary.sawDone { sawDone = true }
    var decision = Decision()
    if summary.firstTokenEventEnd != nil, !hasToken {
      hasToken = true
      decision.hasFirstToken = true
    }
    if !hasBegun {
      if summary.sawError, !hasToken {
        decision.isEngineFailure = true
        return decision
      }
      let isFull = held.count + bytes.count > limit
      guard hasToken || summary.sawDone || isFull else { return decision }
      hasBegun = true
    }
    decision.sends = sendable(bytes.count, boundary: summary.lastBoundary)
    if let sends = decision.sends { isAtBoundary = sends == summary.lastBoundary }
    return decision
  }

  /// How much of a piece may go: up to its last boundary, or all when too much would be held.
  private func sendable(_ count: Int, boundary: Int?) -> Int? {
    let whole = boundary ?? 0
    let kept = boundary == nil ? held.count + count : count - whole
    if kept > limit { return count }
    return boundary
  }
}
