internal import Vocabulary

/// How much is let in at once, over all loops, and who may wait how long for it.
public struct AdmissionSettings: Sendable, Equatable {
  /// The most that may be asked for of any of these numbers: beyond it they are slips of the pen.
  static let mostConcurrentRequests = 10_000_000
  static let longestQueue = 1_000_000
  static let longestQueueTimeout = Duration.seconds(86_400)
  static let mostRequestsPerSecond = 1_000_000_000

  /// Requests that are at workers at once, each from its admission to the end of its answer.
  /// (`--max-concurrent-requests`)
  public var maxConcurrentRequests = 32_768
  /// Requests that wait while no more may be let in, and as many again that were let in and wait
  /// for a worker; 0 for none, which refuses at once. (`--queue-size`)
  public var queueSize = 100
  /// How long one of them waits before it is refused. (`--queue-timeout-secs`)
  public var queueTimeout: Duration = .seconds(60)
  /// Requests let in a second, in the long run; nil for any number.
  /// (`--rate-limit-tokens-per-second`)
  public var requestsPerSecond: Int?

  /// The defaults of the baseline.
  public init() {}

  /// What is wrong with the numbers, a sentence each.
  var faults: [String] {
    var faults: [String] = []
    func need(_ value: Int, within range: ClosedRange<Int>, _ flag: String) {
      guard !range.contains(value) else { return }
      faults.append("\(flag) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    need(
      maxConcurrentRequests, within: 1...AdmissionSettings.mostConcurrentRequests,
      "--max-concurrent-requests")
    need(queueSize, within: 0...AdmissionSettings.longestQueue, "--queue-size")
    if queueTimeout <= .zero || queueTimeout > AdmissionSettings.longestQueueTimeout {
      faults.append("--queue-timeout-secs must be from 1 to 86400")
    }
    if let requestsPerSecond {
      need(
        requestsPerSecond, within: 1...AdmissionSettings.mostRequestsPerSecond,
        "--rate-limit-tokens-per-second")
    }
    return faults
  }
}
