/// A reader of the Prometheus text format, strict enough to find what a scraper would refuse.
struct PrometheusText {
  /// The series in order, each with its value.
  private(set) var series: [String: Double] = [:]
  /// The type of each metric.
  private(set) var types: [String: String] = [:]
  /// What a scraper would refuse.
  private(set) var faults: [String] = []

  init(_ text: String) {
    if !text.hasSuffix("\n") { faults.append("no line end at the end") }
    for line in text.split(separator: "\n") { read(String(line)) }
  }

  /// The value of a series such as `name{label="x"}`.
  subscript(_ name: String) -> Double? { series[name] }

  private mutating func read(_ line: String) {
    if line.hasPrefix("# TYPE ") {
      let words = line.split(separator: " ")
      if words.count != 4 || types[String(words[2])] != nil { faults.append(line) }
      if words.count == 4 { types[String(words[2])] = String(words[3]) }
    } else if !line.hasPrefix("# HELP ") {
      readSample(line)
    }
  }

  private mutating func readSample(_ line: String) {
    guard let space = line.lastIndex(of: " "),
      let value = Double(line[line.index(after: space)...])
    else {
      faults.append(line)
      return
    }
    let name = String(line[..<space])
    let base = name.split(separator: "{")[0]
    let family = ["_bucket", "_sum", "_count"].reduce(String(base)) { name, suffix in
      types[name] == nil && name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
    }
    if types[family] == nil { faults.append("\(line): no type") }
    if !PrometheusText.isWellFormed(name) { faults.append("\(line): labels") }
    if series.updateValue(value, forKey: name) != nil { faults.append("\(line): twice") }
  }

  /// Whether the labels are `{name="value",…}` with only `\\`, `\"` and `\n` escaped.
  private static func isWellFormed(_ name: String) -> Bool {
    guard let brace = name.firstIndex(of: "{") else { return !name.contains("\"") }
    guard name.hasSuffix("\"}") else { return false }
    var isQuoted = false
    var isEscaped = false
    for character in name[name.index(after: brace)...].dropLast() {
      if isEscaped {
        guard "\\\"n".contains(character) else { return false }
        isEscaped = false
      } else if isQuoted && character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if !isQuoted, !(character.isLetter || character == "_" || "=,".contains(character)) {
        return false
      }
    }
    return !isQuoted && !isEscaped
  }
}
