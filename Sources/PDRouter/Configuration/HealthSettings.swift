/// How workers are probed.
public struct HealthSettings: Sendable, Equatable {
  /// Path that answers 2xx on a healthy worker.
  public var path = "/health"
  /// Time from one probe of a worker to the next, while nothing speaks against it.
  public var interval: Duration = .seconds(60)
  /// A probe without an answer after this long has failed.
  public var timeout: Duration = .seconds(5)
  /// Failures in a row that make a worker unhealthy.
  public var failureThreshold = 3
  /// Successes in a row that make it healthy again.
  public var successThreshold = 2

  /// The defaults of the baseline.
  public init() {}

  /// What is wrong with them, a sentence each.
  var faults: [String] {
    var faults: [String] = []
    func need(_ holds: Bool, _ sentence: String) {
      if !holds { faults.append(sentence) }
    }
    need(interval > .zero, "--health-check-interval-secs must be greater than 0")
    need(timeout > .zero, "--health-check-timeout-secs must be greater than 0")
    need(failureThreshold > 0, "--health-failure-threshold must be greater than 0")
    need(successThreshold > 0, "--health-success-threshold must be greater than 0")
    need(path.hasPrefix("/"), "--health-check-endpoint must start with /")
    need(
      path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F },
      "--health-check-endpoint must be printable ASCII without spaces")
    return faults
  }
}
