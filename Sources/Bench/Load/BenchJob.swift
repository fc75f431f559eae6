internal import Vocabulary

/// One request on its way.
struct BenchJob {
  /// What it is for.
  enum Purpose {
    /// To learn which model is served.
    case model
    /// To see whether the server is there.
    case ready
    /// To warm up.
    case warmUp
    /// To be measured.
    case measured
  }

  /// Why it is sent.
  let purpose: Purpose
  /// Its number in the workload.
  let number: Int
  /// When it should have been sent.
  let due: Instant
  /// When it was begun.
  let sent: Instant
  /// Whether it was sent before, on a connection that proved stale.
  var isRepeated = false
}
