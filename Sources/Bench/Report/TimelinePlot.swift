internal import Vocabulary

/// A run as a picture (SVG): requests as rows, times to first tokens, tokens and requests in flight
/// over time.
package struct TimelinePlot {
  private static let left = 70.0
  private static let plotWidth = 860.0
  private static let width = 1000.0
  /// More requests than this are shown by samples.
  private static let mostRows = 400
  private static let mostDots = 4000
  private static let mostBins = 215

  private let outcome: BenchOutcome
  private let title: String
  private let seconds: Double
  private var svg = ""

  /// A picture of `outcome` under `title`.
  package init(_ outcome: BenchOutcome, title: String) {
    self.outcome = outcome
    self.title = title
    seconds = max(0.001, (outcome.end - outcome.start).inSeconds)
  }

  /// The picture's text.
  package mutating func draw() -> String {
    let records = outcome.records.sorted { $0.sent < $1.sent }
    let rows = TimelinePlot.sample(records, TimelinePlot.mostRows)
    let rowHeight = min(8, max(1, 420 / Double(max(1, rows.count))))
    let rowsHeight = rowHeight * Double(rows.count)
    let height = 70 + rowsHeight + 3 * 60 + 2 * 150
    svg = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(TimelinePlot.width))" \
      height="\(Int(height))" viewBox="0 0 \(Int(TimelinePlot.width)) \(Int(height))" \
      font-family="sans-serif" font-size="11">
      <rect width="100%" height="100%" fill="white"/>

      """
    text(title, x: TimelinePlot.left, y: 20, size: 14)
    drawLegend(shown: rows.count, of: records.count)
    drawRows(rows, top: 60, rowHeight)
    drawTimeAxis(top: 60, bottom: 60 + rowsHeight)
    let dotsTop = 60 + rowsHeight + 60
    drawFirstTokens(records, top: dotsTop, height: 150)
    drawRates(records, top: dotsTop + 150 + 60, height: 150)
    return svg + "</svg>\n"
  }

  // MARK: - Requests

  private mutating func drawLegend(shown: Int, of count: Int) {
    var x = TimelinePlot.left
    for (colour, words, room) in [
      ("#bbbbbb", "due, not sent", 95.0), ("#e69f00", "to the first token", 120),
      ("#009e73", "to the last", 80), ("#d62728", "failed", 60),
    ] {
      rectangle(x, 32, 10, 10, colour)
      text(words, x: x + 14, y: 41)
      x += room
    }
    let which = shown < count ? "\(shown) of \(count) requests" : "\(count) requests"
    text(which + ", a row each, by when they were sent", x: x + 20, y: 41)
  }

  private mutating func drawRows(_ rows: [RequestRecord], top: Double, _ height: Double) {
    let bar = height > 2 ? height - 1 : height
    for (number, row) in rows.enumerated() {
      let y = top + Double(number) * height
      span(row.due, row.sent, y, bar, "#bbbbbb")
      guard row.isSuccess else {
        span(row.sent, row.end, y, bar, "#d62728")
        continue
      }
      let first = row.firstToken ?? row.end
      span(row.sent, first, y, bar, "#e69f00")
      span(first, row.end, y, bar, "#009e73")
    }
  }

  private mutating func span(
    _ from: Instant, _ to: Instant, _ y: Double, _ height: Double, _ colour: String
  ) {
    let (start, end) = (x(from), x(to))
    guard end > start else { return }
    rectangle(start, y, max(0.5, end - start), height, colour)
  }

  // MARK: - Over time

  private mutating func drawFirstTokens(
    _ records: [RequestRecord], top: Double, height: Double
  ) {
    let dots = TimelinePlot.sample(
      records.compactMap { record in
        record.firstToken.map { (record.sent, ($0 - record.due).inMilliseconds) }
      }, TimelinePlot.mostDots)
    let most = drawValueAxis(
      "time to first token, ms, by when the request was sent", dots.map(\.1).max() ?? 0, top,
      height)
    for (sent, value) in dots {
      let y = top + height * (1 - value / most)
      svg += "<circle cx=\"\(short(x(sent)))\" cy=\"\(short(y))\" r=\"1.5\" fill=\"#0072b2\"/>\n"
    }
    drawTimeAxis(top: top, bottom: top + height)
  }

  private mutating func drawRates(_ records: [RequestRecord], top: Double, height: Double) {
    let steps = Int((seconds * 10).rounded(.up))
    let perBin = max(1, (steps + TimelinePlot.mostBins - 1) / TimelinePlot.mostBins)
    let bins = max(1, (steps + perBin - 1) / perBin)
    var tokens = [Double](repeating: 0, count: bins)
    for (step, count) in outcome.tokens.steps.enumerated() {
      tokens[min(bins - 1, step / perBin)] += Double(count) * 10 / Double(perBin)
    }
    let inFlight = inFlight(records, bins: bins, seconds: Double(perBin) / 10)
    let most = drawValueAxis(
      "tokens a second (filled); requests in flight (line, most \(outcome.mostInFlight))",
      tokens.max() ?? 0, top, height)
    let binWidth = TimelinePlot.plotWidth * Double(perBin) / 10 / seconds
    for (bin, value) in tokens.enumerated() where value > 0 {
      let start = TimelinePlot.left + Double(bin) * binWidth
      let end = min(start + binWidth, TimelinePlot.left + TimelinePlot.plotWidth)
      let high = height * value / most
      rectangle(start, top + height - high, max(0.5, end - start), high, "#9ecae1")
    }
    let mostInFlight = Double(max(1, outcome.mostInFlight))
    let points = inFlight.enumerated().map { bin, value in
      let middle = min(Double(bin) + 0.5, seconds * 10 / Double(perBin))
      let y = top + height * (1 - value / mostInFlight)
      return "\(short(TimelinePlot.left + middle * binWidth)),\(short(y))"
    }
    svg += "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" "
    svg += "stroke=\"#d55e00\" stroke-width=\"1.5\"/>\n"
    drawTimeAxis(top: top, bottom: top + height)
  }

  /// The mean number of requests under way in each bin.
  private func inFlight(_ records: [RequestRecord], bins: Int, seconds: Double) -> [Double] {
    precondition(bins > 0 && seconds > 0)
    var means = [Double](repeating: 0, count: bins)
    for record in records {
      let from = max(0, (record.sent - outcome.start).inSeconds / seconds)
      let to = min(Double(bins), (record.end - outcome.start).inSeconds / seconds)
      var bin = Int(from)
      while bin < bins, Double(bin) < to {
        means[bin] += max(0, min(to, Double(bin) + 1) - max(from, Double(bin)))
        bin += 1
      }
    }
    return means
  }

  // MARK: - Axes and shapes

  /// Gives the value at the top.
  private mutating func drawValueAxis(
    _ words: String, _ most: Double, _ top: Double, _ height: Double
  ) -> Double {
    let step = TimelinePlot.roundStep(most, parts: 4)
    let whole = max(step, (most / step).rounded(.up) * step)
    text(words, x: TimelinePlot.left, y: top - 8)
    var value = 0.0
    while value <= whole + step / 2 {
      let y = top + height * (1 - value / whole)
      line(TimelinePlot.left, y, TimelinePlot.left + TimelinePlot.plotWidth, y)
      let label = FixedText.text(value, decimals: step < 1 ? 2 : 0)
      text(label, x: TimelinePlot.left - 6, y: y + 4, anchor: "end")
      value += step
    }
    return whole
  }

  private mutating func drawTimeAxis(top: Double, bottom: Double) {
    let step = TimelinePlot.roundStep(seconds, parts: 10)
    var second = 0.0
    while second <= seconds {
      let x = TimelinePlot.left + TimelinePlot.plotWidth * second / seconds
      line(x, top, x, bottom + 4)
      let label = FixedText.text(second, decimals: step < 0.1 ? 3 : step < 1 ? 1 : 0) + " s"
      text(label, x: x, y: bottom + 16, anchor: "middle")
      second += step
    }
  }

  private func x(_ moment: Instant) -> Double {
    let share = (moment - outcome.start).inSeconds / seconds
    return TimelinePlot.left + TimelinePlot.plotWidth * min(1, max(0, share))
  }

  private mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: String
  ) {
    svg += "<rect x=\"\(short(x))\" y=\"\(short(y))\" width=\"\(short(width))\" "
    svg += "height=\"\(short(height))\" fill=\"\(colour)\"/>\n"
  }

  private mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
    svg += "<line x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" "
    svg += "y2=\"\(short(y2))\" stroke=\"#000000\" stroke-opacity=\"0.12\"/>\n"
  }

  private mutating func text(
    _ words: String, x: Double, y: Double, size: Int = 11, anchor: String = "start"
  ) {
    svg += "<text x=\"\(short(x))\" y=\"\(short(y))\" font-size=\"\(size)\" "
    svg += "text-anchor=\"\(anchor)\">\(TimelinePlot.escaped(words))</text>\n"
  }

  private func short(_ number: Double) -> String { FixedText.text(number, decimals: 1) }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, letter in
      switch letter {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(letter)
      }
    }
  }

  /// At most `count` of `all`, evenly taken.
  private static func sample<Element>(_ all: [Element], _ count: Int) -> [Element] {
    guard all.count > count else { return all }
    return (0..<count).map { all[$0 * all.count / count] }
  }

  /// 1, 2 or 5 times a power of ten, so that `parts` of them reach about `range`.
  private static func roundStep(_ range: Double, parts: Double) -> Double {
    guard range > 0, range.isFinite else { return 1 }
    let rough = range / parts
    var power = 1.0
    while power > rough { power /= 10 }
    while power * 10 <= rough { power *= 10 }
    return [1, 2, 5, 10].first { $0 * power >= rough }.map { $0 * power } ?? power * 10
  }
}
