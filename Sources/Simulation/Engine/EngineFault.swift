/// One thing that goes wrong with an engine's service, and for whom.
package struct EngineFault: Hashable, Sendable {
  /// A moment in the life of a request at which a process can die.
  package enum Moment: Hashable, Sendable {
    /// As soon as a connection is accepted.
    case accept
    /// When the request has arrived whole.
    case request
    /// When the answer is about to begin.
    case beforeHead
    /// When the answer's head has been sent.
    case afterHead
    /// When so many tokens have been sent.
    case afterTokens(Int)
    /// When an answer with transfer parameters has been sent.
    case afterHandle
  }

  /// What goes wrong.
  package enum Kind: Hashable, Sendable {
    /// New connections are refused.
    case refuse
    /// The request is read and never answered, nor worked on.
    case hang
    /// The request is worked on to its end and never answered.
    case stall
    /// The engine dies at the moment.
    case die(Moment)
    /// Every step takes that many times as long; concerns all requests.
    case slow(Double)
    /// The answer is this status, body and, if given, `Retry-After` in seconds.
    case status(Int, body: String, retryAfter: Int?)
    /// The answer is not HTTP.
    case malformed
    /// The connection is cut after so many tokens.
    case truncate(afterTokens: Int)
    /// An error event ends the stream after so many tokens.
    case errorEvent(afterTokens: Int)
    /// The answer ends after so many tokens with `finish_reason` `abort`, as on SIGTERM.
    case abort(afterTokens: Int)
    /// Prefill answers with transfer parameters that are not those of its blocks.
    case lie(EngineLie)
    /// The engine's core dies while its server lives on: what is in flight and what comes gets a
    /// 500, `/health` a 503; for ever. Concerns all requests.
    case coreDeath
  }

  /// What goes wrong.
  package let kind: Kind
  /// How many requests (connections, for `refuse` and death on accept) it still strikes; nil for
  /// all.
  package var remaining: Int?
  /// The chance that it strikes any one of them, 0 to 1.
  package let probability: Double

  /// A fault that strikes every request unless told otherwise.
  package init(_ kind: Kind, remaining: Int? = nil, probability: Double = 1) {
    precondition(remaining ?? 0 >= 0 && (0...1).contains(probability))
    self.kind = kind
    self.remaining = remaining
    self.probability = probability
  }

  /// Whether it is drawn for connections, before any request is known.
  package var strikesConnections: Bool {
    kind == .refuse || kind == .die(.accept)
  }
}
