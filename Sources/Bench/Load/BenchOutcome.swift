package import Vocabulary

/// What a run has measured.
package struct BenchOutcome: Sendable {
  /// How it ended.
  package enum Ending: Equatable, Sendable {
    /// All requests are over.
    case complete
    /// A signal ended it; so many requests were under way.
    case interrupted(unfinished: Int)
    /// The server was not ready.
    case notReady(String)
  }

  /// How it ended.
  package var ending = Ending.complete
  /// What became of each request that is over, in the order of their ends.
  package var records: [RequestRecord] = []
  /// Failures by kind.
  package var failures = FailureBook()
  /// Times between tokens, of all requests.
  var gaps = GapHistogram()
  /// Tokens by when they came.
  package var tokens = TokenClock()
  /// Most requests under way at one time.
  package var mostInFlight = 0
  /// When it began.
  package var start = Instant.zero
  /// When the last request was over, or the run was ended.
  package var end = Instant.zero

  /// Nothing yet.
  package init() {}
}
