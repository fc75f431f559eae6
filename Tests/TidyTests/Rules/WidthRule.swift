/// No line is wider than 100 characters: two files fit side by side, and diffs do not wrap.
enum WidthRule {
  static let limit = 100

  static func offences(in file: SourceFile) -> [Offence] {
    file.lines.enumerated().compactMap { place, line in
      guard line.utf8.count > limit, line.count > limit else { return nil }
      return Offence(
        path: file.path, line: place + 1, message: "\(line.count) characters, \(limit) is the wall")
    }
  }
}
