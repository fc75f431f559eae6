/// A reader of the Prometheus and OpenMetrics text formats, strict enough to find what a scraper,
/// or `promtool check metrics`, would refuse.
struct PrometheusText {
  /// The series in order, each with its value.
  private(set) var series: [String: Double] = [:]
  /// The type of each metric.
  private(set) var types: [String: String] = [:]
  /// What a scraper would refuse.
  private(set) var faults: [String] = []
  private let isOpenMetrics: Bool
  private var helps: Set<String> = []
  /// The metric that lines are about, and those before it.
  private var current = ""
  private var closed: Set<String> = []
  private var hasEnded = false

  init(_ text: String, isOpenMetrics: Bool = false) {
    self.isOpenMetrics = isOpenMetrics
    if !text.hasSuffix("\n") { faults.append("no line end at the end") }
    if isOpenMetrics != text.hasSuffix("\n# EOF\n") { faults.append("# EOF") }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      read(String(line))
    }
    checkHistograms()
  }

  /// The value of a series such as `name{label="x"}`.
  subscript(_ name: String) -> Double? { series[name] }

  /// The series of a metric.
  func series(of metric: String) -> [String: Double] {
    series.filter { $0.key == metric || $0.key.hasPrefix(metric + "{") }
  }

  private mutating func read(_ line: String) {
    if hasEnded { faults.append("\(line): after the end") }
    let words = line.split(separator: " ", maxSplits: 3).map(String.init)
    switch words.prefix(2) {
    case ["#", "TYPE"]:
      if words.count != 4 || types[words[2]] != nil { faults.append(line) }
      if words.count == 4 { declare(words[2], type: words[3]) }
    case ["#", "HELP"]:
      if words.count != 4 || !helps.insert(words[2]).inserted { faults.append(line) }
      if words.count == 4 { turn(to: words[2]) }
    case ["#", "EOF"] where isOpenMetrics: hasEnded = true
    default: readSample(line)
    }
  }

  private mutating func turn(to metric: String) {
    guard metric != current else { return }
    if !closed.insert(current).inserted || closed.contains(metric) {
      faults.append("\(metric): in two places")
    }
    current = metric
  }

  private mutating func declare(_ metric: String, type: String) {
    turn(to: metric)
    types[metric] = type
    if !["counter", "gauge", "histogram"].contains(type) { faults.append("\(metric): \(type)") }
    // OpenMetrics says the family's name; its samples end in _total.
    if (type == "counter") != metric.hasSuffix("_total"), !isOpenMetrics {
      faults.append("\(metric): a counter's name ends in _total")
    }
    if isOpenMetrics, metric.hasSuffix("_total") { faults.append("\(metric): a family's name") }
    if !helps.contains(metric) { faults.append("\(metric): no meaning") }
  }

  private mutating func readSample(_ line: String) {
    guard let space = line.lastIndex(of: " "),
      let value = Double(line[line.index(after: space)...])
    else {
      faults.append(line)
      return
    }
    let name = String(line[..<space])
    let base = String(name.prefix { $0 != "{" })
    if family(of: base) != current { faults.append("\(line): not under its name") }
    if !PrometheusText.isWellFormed(name) { faults.append("\(line): labels") }
    if series.updateValue(value, forKey: name) != nil { faults.append("\(line): twice") }
    if types[current] == "counter", value < 0 { faults.append("\(line): negative") }
  }

  private func family(of base: String) -> String? {
    switch types[current] {
    case "histogram":
      ["_bucket", "_sum", "_count"].first { base == current + $0 } == nil ? nil : current
    case "counter": base == (isOpenMetrics ? current + "_total" : current) ? current : nil
    default: base == current ? current : nil
    }
  }

  /// Buckets accumulate, end in all, and agree with the count.
  private mutating func checkHistograms() {
    for (metric, type) in types where type == "histogram" {
      var last: [String: (bound: Double, count: Double)] = [:]
      let buckets = series.filter { $0.key.hasPrefix(metric + "_bucket{") }
        .compactMap { key, count -> (labels: String, bound: Double, count: Double)? in
          let labels = key.dropFirst(metric.count + 8).dropLast()
          let parts = labels.split(separator: ",")
          guard let le = parts.last, le.hasPrefix("le=\"") else { return nil }
          let bound = le.dropFirst(4).dropLast()
          return (
            parts.dropLast().joined(separator: ","),
            bound == "+Inf" ? .infinity : Double(bound) ?? .nan, count
          )
        }
        .sorted { ($0.labels, $0.bound) < ($1.labels, $1.bound) }
      for bucket in buckets {
        if let before = last[bucket.labels], before.count > bucket.count {
          faults.append("\(metric){\(bucket.labels)}: buckets do not accumulate")
        }
        last[bucket.labels] = (bucket.bound, bucket.count)
      }
      for (labels, end) in last {
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        if end.bound != .infinity || series["\(metric)_count\(braces)"] != end.count
          || series["\(metric)_sum\(braces)"] == nil
        {
          faults.append("\(metric)\(braces): the end of the buckets")
        }
      }
    }
  }

  /// Whether the labels are `{name="value",…}` with only `\\`, `\"` and `\n` escaped, each once.
  private static func isWellFormed(_ name: String) -> Bool {
    guard let brace = name.firstIndex(of: "{") else { return !name.contains("\"") }
    guard name.hasSuffix("\"}") else { return false }
    var isQuoted = false
    var isEscaped = false
    var label = ""
    var labels: [String] = []
    for character in name[name.index(after: brace)...].dropLast() {
      if isEscaped {
        guard "\\\"n".contains(character) else { return false }
        isEscaped = false
      } else if isQuoted && character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if !isQuoted, character == "=" {
        labels.append(label)
      } else if !isQuoted, character == "," {
        label = ""
      } else if !isQuoted {
        guard character.isLetter || character == "_" else { return false }
        label.append(character)
      }
    }
    return !isQuoted && !isEscaped && Set(labels).count == labels.count
  }
}
