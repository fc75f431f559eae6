internal import Vocabulary

/// What has been seen of one answer so far. Pure; the moments come from outside.
struct AnswerTally {
  /// When the first token came.
  private(set) var firstTokenAt: Instant?
  /// When the last event with a token came.
  private(set) var lastTokenAt: Instant?
  /// Events that brought tokens.
  private(set) var tokenEvents = 0
  /// What the engine says it counted.
  private(set) var usage: TokenUsage?
  /// Whether the stream's last event came.
  private(set) var isDone = false
  /// The first error that an event told.
  private(set) var error: String?
  /// What was generated, where wanted.
  private(set) var text: String?
  /// When the engine said that it stopped.
  private var finishedAt: Instant?
  private let wantsText: Bool

  /// Nothing yet.
  init(wantsText: Bool) {
    self.wantsText = wantsText
    if wantsText { text = "" }
  }

  /// Tokens of the answer: as told, else as many as there were events with one.
  var outputTokens: Int { usage?.completion ?? tokenEvents }

  /// Takes the data of an event that came at `now`; gives the time since the token before it, when
  /// it brings a token that is not the first.
  mutating func take(_ event: UnsafeRawBufferPointer, at now: Instant) -> Duration? {
    let chunk = AnswerChunk(event: event, wantsText: wantsText)
    if let told = chunk.usage { usage = told }
    if let more = chunk.text { text? += more }
    switch chunk.kind {
    case .token:
      let gap = lastTokenAt.map { now - $0 }
      if firstTokenAt == nil { firstTokenAt = now }
      lastTokenAt = now
      tokenEvents += 1
      return gap
    case .finish: finishedAt = finishedAt ?? now
    case .done: isDone = true
    case .error(let text): error = error ?? text
    case .other: break
    }
    return nil
  }

  /// Takes the body of an answer that came whole.
  mutating func take(whole body: UnsafeRawBufferPointer) {
    let chunk = AnswerChunk(json: body, wantsText: wantsText)
    usage = chunk.usage
    if let more = chunk.text { text = more }
    switch chunk.kind {
    case .token, .finish: tokenEvents = 1
    case .error(let text): error = text
    case .done, .other: error = "neither choices nor an error in the answer"
    }
    isDone = true
  }

  /// The stream is complete: a token without a text (a special one, or a part of a letter) is known
  /// by the end of its answer alone.
  mutating func end() {
    if firstTokenAt == nil, let finishedAt {
      firstTokenAt = finishedAt
      lastTokenAt = finishedAt
      tokenEvents = max(1, tokenEvents)
    }
  }
}
