/// Our own invariants are written down where they hold: 10 preconditions or more per 1,000 lines.
enum PreconditionRule {
  static let perThousandLines = 10.0

  /// Preconditions per 1,000 lines of `files`, comments and blank lines included.
  static func density(of files: [SourceFile]) -> Double {
    let words: Set = ["precondition", "preconditionFailure"]
    let count = files.reduce(0) { sum, file in
      sum + file.tokens.count { words.contains($0.text) }
    }
    let lines = files.reduce(0) { $0 + $1.lines.count }
    return lines == 0 ? 0 : Double(count) * 1000 / Double(lines)
  }
}
