/// No worker of those that were configured was healthy in time: the program ends.
public struct StartupFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// How long was waited.
  public let timeout: Duration
  /// Who was waited for, as configured.
  public let workers: [String]

  /// A failure to find one of `workers` within `timeout`.
  public init(timeout: Duration, workers: [String]) {
    self.timeout = timeout
    self.workers = workers
  }

  /// One sentence for the operator, in the baseline's words.
  public var description: String {
    "Timeout \(timeout.components.seconds)s waiting for workers "
      + "[\(workers.joined(separator: ", "))] to become healthy. "
      + "--worker-startup-timeout-secs sets the time."
  }
}
