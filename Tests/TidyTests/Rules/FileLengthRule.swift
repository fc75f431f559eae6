/// No file is longer than 500 lines; 150 is the aim.
enum FileLengthRule {
  static let limit = 500

  static func offences(in file: SourceFile) -> [Offence] {
    guard file.lines.count > limit else { return [] }
    return [
      Offence(
        path: file.path, line: 0, message: "\(file.lines.count) lines, \(limit) is the wall")
    ]
  }
}
