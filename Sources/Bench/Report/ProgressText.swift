internal import Vocabulary

/// How far a run is, in one line.
package enum ProgressText {
  private static let barWidth = 20

  /// A line for `progress`, with a bar where a terminal shows it.
  package static func line(_ progress: BenchProgress, withBar: Bool) -> String {
    let seconds = progress.elapsed.inSeconds
    var line = ""
    if let share = share(progress) {
      let filled = Int(share * Double(barWidth))
      if withBar {
        line += String(repeating: "█", count: filled)
        line += String(repeating: "░", count: barWidth - filled) + " "
      }
      line += "\(Int(share * 100)) % "
    }
    line += "\(progress.done)"
    if let total = progress.total { line += "/\(total)" }
    line += " requests, \(FixedText.text(seconds, decimals: 1)) s"
    if seconds > 0 {
      line += ", \(FixedText.text(Double(progress.done) / seconds, decimals: 1)) req/s, "
      line += "\(FixedText.text(Double(progress.tokens) / seconds, decimals: 0)) tok/s"
    }
    line += ", \(progress.inFlight) in flight"
    if progress.failed > 0 { line += ", \(progress.failed) failed" }
    return line
  }

  /// From 0 to 1: by requests, or by time where that is further.
  private static func share(_ progress: BenchProgress) -> Double? {
    var shares: [Double] = []
    if let total = progress.total, total > 0 {
      shares.append(Double(progress.done) / Double(total))
    }
    if let duration = progress.duration, duration > .zero {
      shares.append(progress.elapsed / duration)
    }
    return shares.max().map { min(1, max(0, $0)) }
  }
}
