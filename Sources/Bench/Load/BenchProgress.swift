/// How far a run is.
package struct BenchProgress: Sendable {
  /// Requests that are over, failed ones included.
  package var done = 0
  /// Requests of the whole run; nil when time alone ends it.
  package var total: Int?
  /// Those that failed.
  package var failed = 0
  /// Requests under way.
  package var inFlight = 0
  /// Tokens that have come.
  package var tokens = 0
  /// Since the start.
  package var elapsed: Duration = .zero
  /// The whole time, where time ends the run.
  package var duration: Duration?
}
