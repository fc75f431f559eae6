/// The first cell of a row of a Markdown table: what the row is about.
struct TableCell: Equatable {
  /// The text in the cell's first pair of backticks.
  let name: String
  let line: Int
  /// The row's further cells, without surrounding blanks.
  let others: [String]

  /// The rows of all tables of `file` whose first cell begins with a name in backticks.
  static func rows(of file: SourceFile) -> [TableCell] {
    file.lines.enumerated().compactMap { place, line in
      guard line.hasPrefix("|") else { return nil }
      let cells = cells(of: line)
      guard let first = cells.first, first.hasPrefix("`") else { return nil }
      let name = first.dropFirst().prefix { $0 != "`" }
      return TableCell(name: String(name), line: place + 1, others: Array(cells.dropFirst()))
    }
  }

  /// The rows of the tables between the heading `section` and the next one of its kind.
  static func rows(of file: SourceFile, under section: String) -> [TableCell] {
    guard let start = file.lines.firstIndex(where: { $0 == section }) else { return [] }
    let end = file.lines[(start + 1)...].firstIndex { $0.hasPrefix("## ") } ?? file.lines.endIndex
    return rows(of: file).filter { ($0.line - 1) > start && ($0.line - 1) < end }
  }

  /// Cells between bars; an escaped bar (`\|`) belongs to its cell.
  private static func cells(of line: Substring) -> [String] {
    var cells: [String] = []
    var cell = ""
    var isEscaped = false
    for character in line.dropFirst() {
      if character == "|", !isEscaped {
        cells.append(trimmed(cell))
        cell = ""
      } else {
        cell.append(character)
      }
      isEscaped = character == "\\"
    }
    return cells
  }

  private static func trimmed(_ text: String) -> String {
    var rest = text[...]
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}
