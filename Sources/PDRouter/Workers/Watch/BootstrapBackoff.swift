/// How long to wait between tries of a bootstrap server that does not answer yet: an engine takes
/// minutes to load its weights before it opens that port.
struct BootstrapBackoff {
  /// Tries of one series; the waits between them come to about four and a half minutes.
  static let tries = 30
  private static let waits = [1, 2, 4, 8, 10]

  private var failures = 0

  /// The wait after a failed try; nil when that was the last of the series.
  mutating func next() -> Duration? {
    precondition(failures < BootstrapBackoff.tries, "a series has an end")
    failures += 1
    guard failures < BootstrapBackoff.tries else { return nil }
    let waits = BootstrapBackoff.waits
    return .seconds(waits[min(failures, waits.count) - 1])
  }
}
