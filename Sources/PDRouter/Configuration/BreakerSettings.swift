/// When a worker is passed over for what becomes of its requests, and when it is tried again.
public struct BreakerSettings: Sendable, Equatable {
  /// Most failures in a row that are told apart; a greater threshold means this many.
  static let longestRow = 65_536
  /// No ejection lasts longer, unless the first one does. Envoy's `max_ejection_time`.
  static let longestEjection: Duration = .seconds(300)

  /// Whether no worker is ever ejected for its requests.
  public var isOff = false
  /// Failures in a row, all within `window`, that eject a worker.
  public var failureThreshold = 10
  /// Successes that admit it again, and requests at once that try it until then.
  public var successThreshold = 3
  /// How long a worker is ejected the first time; longer each time that the trial fails.
  public var timeout: Duration = .seconds(60)
  /// Failures longer ago than this are forgotten.
  public var window: Duration = .seconds(120)
  /// Percent of a role's undrained workers: when fewer are eligible, ejections are overlooked; 0
  /// for never. Envoy's panic threshold.
  public var panicThreshold = 30

  /// The defaults of the baseline, and 30 percent.
  public init() {}

  /// What is wrong with them, a sentence each.
  var faults: [String] {
    var faults: [String] = []
    func need(_ holds: Bool, _ sentence: String) {
      if !holds { faults.append(sentence) }
    }
    need(failureThreshold > 0, "--cb-failure-threshold must be greater than 0")
    need(successThreshold > 0, "--cb-success-threshold must be greater than 0")
    need(timeout >= .zero, "--cb-timeout-duration-secs must be 0 or greater")
    need(window > .zero, "--cb-window-duration-secs must be greater than 0")
    need(
      (0...100).contains(panicThreshold),
      "--panic-threshold must be from 0 to 100, not \(panicThreshold)")
    return faults
  }
}
