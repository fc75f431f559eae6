internal import Vocabulary

/// What one turn sends, where, and for how long.
struct LoadPlan {
  /// Where it is sent.
  var address: HostAndPort
  /// The router's process, whose CPU time counts; nil for the direct path.
  var process: Int32?
  /// The bytes of each request.
  var request: [UInt8]
  /// Connections; in a closed loop each always has a request on it.
  var connections: Int
  /// Requests per second of an open loop; nil for a closed loop.
  var rate: Double?
  /// Whether a request is timed to its first event, instead of to the last byte of its answer.
  var isTimedToFirstEvent = false
  /// Time before measuring starts.
  var warmUp: Duration
  /// Time measured.
  var time: Duration
}
