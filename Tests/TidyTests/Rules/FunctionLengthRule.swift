/// No function (initialiser, subscript, computed property) is longer than 70 lines; 25 is the aim.
///
/// Counted from the line of its keyword to the line of its closing brace.
enum FunctionLengthRule {
  static let limit = 70

  private static let keywords: Set = ["func", "init", "deinit", "subscript", "var"]

  static func offences(in file: SourceFile) -> [Offence] {
    file.tokens.indices.compactMap { place in
      guard keywords.contains(file.tokens[place].text), isDeclaration(place, in: file.tokens),
        let end = bodyEnd(from: place, in: file.tokens)
      else { return nil }
      let start = file.tokens[place].line
      let length = end - start + 1
      guard length > limit else { return nil }
      return Offence(
        path: file.path, line: start, message: "a function of \(length) lines, \(limit) is the wall"
      )
    }
  }

  /// Whether the keyword declares something, rather than calling (`self.init`) or naming it.
  private static func isDeclaration(_ place: Int, in tokens: [SwiftToken]) -> Bool {
    place == 0 || ![".", "("].contains(tokens[place - 1].text)
  }

  /// Line of the brace that closes the body; nil for requirements and stored properties.
  private static func bodyEnd(from start: Int, in tokens: [SwiftToken]) -> Int? {
    var depth = 0
    var place = start + 1
    while place < tokens.count {
      switch tokens[place].text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{" where depth == 0: return closingLine(of: place, in: tokens)
      case "}" where depth == 0: return nil
      case "=" where depth == 0 && tokens[start].text == "var": return nil
      case "func", "var", "let", "case", "struct", "class", "enum", "extension", "protocol":
        if depth == 0 { return nil }
      default: break
      }
      place += 1
    }
    return nil
  }

  private static func closingLine(of brace: Int, in tokens: [SwiftToken]) -> Int? {
    var depth = 0
    for token in tokens[brace...] {
      if token.text == "{" { depth += 1 }
      if token.text == "}" { depth -= 1 }
      if depth == 0 { return token.line }
    }
    return nil
  }
}
