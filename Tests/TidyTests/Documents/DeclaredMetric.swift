/// A metric as `MetricName` declares it: a case with a name for its raw value.
struct DeclaredMetric: Equatable {
  let name: String
  let line: Int

  /// The cases of `file` that have a string for their raw value.
  static func declared(in file: SourceFile) -> [DeclaredMetric] {
    let tokens = file.tokens
    guard tokens.count > 3 else { return [] }
    return (0..<tokens.count - 3).compactMap { place in
      guard tokens[place].text == "case", tokens[place + 2].text == "=",
        tokens[place + 3].text.hasPrefix("\"")
      else { return nil }
      return DeclaredMetric(
        name: String(tokens[place + 3].text.dropFirst().dropLast()), line: tokens[place].line)
    }
  }
}
