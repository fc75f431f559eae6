/// How long workers may take to be there, when the router starts and when one is added.
public struct StartupSettings: Sendable, Equatable {
  /// After this long the program ends if no worker was ever healthy (with split pools, none of a
  /// role), and `POST /add_worker` is refused.
  public var timeout: Duration = .seconds(600)
  /// Time between log lines that say who is still waited for.
  public var checkInterval: Duration = .seconds(30)

  /// The defaults of the baseline.
  public init() {}

  /// What is wrong with the settings, a sentence each.
  var faults: [String] {
    var faults: [String] = []
    if timeout <= .zero {
      faults.append("--worker-startup-timeout-secs must be greater than 0")
    }
    if checkInterval <= .zero {
      faults.append("--worker-startup-check-interval must be greater than 0")
    }
    return faults
  }
}
