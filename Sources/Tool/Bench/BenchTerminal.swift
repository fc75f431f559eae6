internal import Bench
internal import Glibc

/// Shows on standard error how far a benchmark is: one line that is drawn anew on a terminal, a
/// line every few seconds elsewhere.
final class BenchTerminal {
  private let isShown: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var hasLine = false

  /// Shows nothing unless `isShown`.
  init(isShown: Bool) {
    self.isShown = isShown
  }

  /// How often it wants to hear.
  var interval: Duration? {
    guard isShown else { return nil }
    return isTerminal ? .milliseconds(200) : .seconds(5)
  }

  /// Shows the present state.
  func show(_ progress: BenchProgress) {
    let line = ProgressText.line(progress, withBar: isTerminal)
    // Back to the line's start, and what was there behind it is wiped out.
    writeText(isTerminal ? "\r\(line)\u{1B}[K" : line + "\n", to: STDERR_FILENO)
    hasLine = isTerminal
  }

  /// Leaves the line.
  func end() {
    if hasLine { writeText("\n", to: STDERR_FILENO) }
  }
}
