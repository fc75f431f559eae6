internal import Vocabulary
internal import Wire

/// What of a worker's answer goes to the client, and when: pure, bytes in, decisions out.
///
/// Holds an answer back while it may still be replaced by another worker's: a stream until its
/// first token (the role-only chunk of a chat stream comes before any token exists), a whole answer
/// until it is complete. Afterwards passes on whole events only, so that an error event can follow
/// any byte already sent. An engine that reports a failure, or that gave up on the request
/// (`"finish_reason":"abort"`), has failed while nothing was sent; afterwards its error events are
/// passed on, but a chunk that says "abort" is not: it would look like an end.
///
/// Joins prefill's usage with decode's where it is given one. Holds at most `limit` bytes; with a
/// usage to join, one event of `UsageJoin.eventLimit` or a whole answer of `joinLimit` besides the
/// piece that ends it. Beyond that it passes on what it has, unchanged.
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
    /// Send what is held, then these bytes of the piece, and keep what follows them. Nil: send
    /// nothing.
    var sends: Range<Int>?
    /// The piece holds the first token of the answer.
    var hasFirstToken = false
    /// How the engine failed, if it did: nothing more of this answer is to be sent or kept.
    var failure: Failure?
  }

  /// How an engine fails a request that HTTP calls answered.
  enum Failure: Equatable {
    /// An error event before anything was sent.
    case errorEvent
    /// It gave up, as engines that are told to stop do; if `acceptsEvent`, an error event of ours
    /// may follow what was sent.
    case abort
  }

  /// Whose fault an error event names.
  enum ErrorEvent: Equatable {
    case engine, client
  }

  /// The largest whole answer whose usage is joined, in bytes.
  static let joinLimit = 8 << 20
  /// Memory kept from one answer to the next, in bytes.
  private static var keptCapacity: Int { 4096 }

  private var mode: Mode
  private var watchesUsage = false
  private let limit: Int
  private var join: UsageJoin?
  private var scanner = ServerSentEventScanner()
  private var hasToken = false
  /// Whether the bytes sent so far are whole events.
  private var isAtBoundary = true
  /// Bytes kept back, to be sent before anything else.
  private(set) var held = ByteBuffer()
  /// Where edited events are written, and the data of one.
  private var edited = ByteBuffer()
  private var scratch = ByteBuffer()
  /// Whether the answer is flowing: nothing more is held for a possible retry.
  private(set) var hasBegun = false
  /// Events that held tokens so far.
  private(set) var tokenEvents = 0
  /// Whether the stream announced its own end (`[DONE]`).
  private(set) var sawDone = false
  /// The error event that was passed on after a part of the answer, if any: what the client got is
  /// not all, and it was told so by the engine.
  private(set) var passedError: ErrorEvent?

  /// What the engine counted of the input, of an answer whose usage is watched; nil when it has not
  /// said so in one piece.
  private(set) var inputUsage: PrefillUsage?

  /// A relay that holds at most `limit` bytes.
  init(mode: Mode = .opaque, limit: Int) {
    precondition(limit > 0)
    self.mode = mode
    self.limit = limit
  }

  /// Prefill's usage has come only now, since the legs left together: joins it with what is still
  /// to be sent.
  mutating func joinLate(_ usage: PrefillUsage) {
    guard join == nil, mode == .events || (mode == .whole && !hasBegun) else { return }
    join = UsageJoin(usage)
  }

  /// Begins with another answer, whose usage is joined with `join`, or watched for `inputUsage`;
  /// keeps a small buffer for it.
  mutating func reset(mode: Mode, join: PrefillUsage? = nil, watchesUsage: Bool = false) {
    precondition(join == nil || !watchesUsage, "a split request's input is counted by prefill")
    self.mode = mode
    self.watchesUsage = watchesUsage
    inputUsage = nil
    self.join = join.map { UsageJoin($0) }
    scanner.reset()
    held.removeAll(keepingCapacityUpTo: AnswerRelay.keptCapacity)
    edited.removeAll(keepingCapacityUpTo: AnswerRelay.keptCapacity)
    scratch.removeAll(keepingCapacityUpTo: AnswerRelay.keptCapacity)
    hasToken = false
    isAtBoundary = true
    hasBegun = false
    tokenEvents = 0
    sawDone = false
    passedError = nil
  }

  /// Whether the answer is a stream of events that is read here.
  var isEventStream: Bool { mode == .events }

  /// Whether the bytes sent so far end at an event boundary, so that an event of ours may follow.
  var acceptsEvent: Bool { mode == .events && isAtBoundary }

  /// Decides about a piece.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Decision {
    switch mode {
    case .opaque:
      hasBegun = true
      return Decision(sends: 0..<bytes.count)
    case .whole: return takeWhole(bytes)
    case .events: return takeEvents(bytes)
    }
  }

  /// Decides about a piece of an answer that flows, given in its chunks: how many whole chunks of
  /// it may be sent as they are. What follows them is to be given to `take`, without its framing.
  mutating func takeChunks(_ bytes: UnsafeRawBufferPointer) -> PlainChunkRun {
    guard hasBegun, isAtBoundary, held.isEmpty else { return PlainChunkRun() }
    switch mode {
    case .opaque: return PlainChunkRun(bytes)
    case .whole: return PlainChunkRun()
    case .events:
      let run = scanner.scan(chunks: bytes, stopsAtUsage: join != nil || watchesUsage)
      tokenEvents &+= run.tokenEvents
      return run
    }
  }

  /// Decides about what is held when the answer is complete: all of it is to be sent, unless the
  /// engine has failed.
  mutating func finish() -> Failure? {
    switch mode {
    case .opaque: return nil
    case .events:
      if join != nil { _ = joinEvents(UnsafeRawBufferPointer(start: nil, count: 0)) }
      return nil
    case .whole:
      return hasBegun ? nil : finishWhole()
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

  private mutating func finishWhole() -> Failure? {
    if AnswerMarks.isAborted(held.bytes) { return .abort }
    if watchesUsage { inputUsage = PrefillUsage(readingFrom: held.bytes) }
    guard let join, AnswerMarks.mayHoldUsage(held.bytes) else { return nil }
    edited.removeAll()
    if join.append(held.bytes, to: &edited) { swap(&held, &edited) }
    return nil
  }

  private mutating func takeWhole(_ bytes: UnsafeRawBufferPointer) -> Decision {
    let most = join == nil ? limit : max(limit, AnswerRelay.joinLimit)
    guard hasBegun || held.count + bytes.count > most else { return Decision() }
    hasBegun = true
    return Decision(sends: 0..<bytes.count)
  }
}

// MARK: - Events

extension AnswerRelay {
  private mutating func takeEvents(_ bytes: UnsafeRawBufferPointer) -> Decision {
    let summary = scanner.scan(bytes)
    if let start = summary.abortStart { return takeAbort(bytes, summary, from: start) }
    // A request that is at fault would fail anywhere: the client gets the engine's own words.
    if summary.sawError, !hasBegun { return Decision(failure: .errorEvent) }
    if summary.sawError {
      passedError = .engine
    } else if summary.sawRejection, hasBegun {
      passedError = .client
    }
    tokenEvents += summary.tokenEvents
    if summary.sawDone { sawDone = true }
    if watchesUsage, let usage = PrefillUsage(lastOf: bytes) { inputUsage = usage }
    var decision = Decision()
    if summary.firstTokenEventEnd != nil, !hasToken {
      hasToken = true
      decision.hasFirstToken = true
    }
    if !hasBegun {
      let isFull = held.count + bytes.count > limit
      guard hasToken || sawDone || summary.sawRejection || isFull else { return decision }
    }
    decision.sends = pass(bytes, upTo: summary.lastBoundary)
    if decision.sends != nil { hasBegun = true }
    return decision
  }

  /// Ends the answer before the event at `start` of the piece, in which the engine gives up.
  private mutating func takeAbort(
    _ bytes: UnsafeRawBufferPointer, _ summary: ServerSentEventScanner.Summary, from start: Int
  ) -> Decision {
    var decision = Decision(failure: .abort)
    guard hasBegun else { return decision }
    tokenEvents += summary.tokenEvents
    if start >= 0 {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[..<start])
      decision.sends = pass(rest, upTo: start)
    } else {
      // What is held is the beginning of the same event, and nothing else.
      held.removeAll()
    }
    return decision
  }

  /// Which part of a piece may go, whose last whole event ends at `boundary`: up to there, or all
  /// when too much would be held. What is held goes before it, joined.
  private mutating func pass(
    _ bytes: UnsafeRawBufferPointer, upTo boundary: Int?
  ) -> Range<Int>? {
    let most = join == nil ? limit : max(limit, UsageJoin.eventLimit)
    let kept = boundary.map { bytes.count - $0 } ?? held.count + bytes.count
    guard boundary != nil || kept > most else { return nil }
    var start = 0
    if let boundary, join != nil {
      if joinEvents(UnsafeRawBufferPointer(rebasing: bytes[..<boundary])) { start = boundary }
    }
    let end = kept > most ? bytes.count : boundary ?? bytes.count
    isAtBoundary = end == boundary
    return start..<end
  }

  /// Joins the usage of the events that are held and of `bytes`, which end at a boundary.
  ///
  /// - Returns: whether `bytes` are now held too, edited; they are not when there is no usage.
  private mutating func joinEvents(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if held.isEmpty, !AnswerMarks.mayHoldUsage(bytes) { return false }
    held.append(bytes)
    guard let join, AnswerMarks.mayHoldUsage(held.bytes) else { return true }
    edited.removeAll()
    join.append(
      events: held.bytes, skipsFirst: !isAtBoundary, scratch: &scratch, to: &edited)
    swap(&held, &edited)
    return true
  }
}
