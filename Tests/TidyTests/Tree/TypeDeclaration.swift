/// A type declared, or extended, at the top level of a file.
struct TypeDeclaration: Equatable {
  enum Kind: Equatable { case type, `extension` }

  let kind: Kind
  let name: String
  /// Line of its keyword.
  let line: Int
  /// Lines from its keyword to its closing brace.
  let length: Int

  /// The declarations of `file` that other files can see, in order.
  static func topLevel(of file: SourceFile) -> [TypeDeclaration] {
    let keywords: Set = ["struct", "class", "enum", "protocol", "actor", "extension", "typealias"]
    var found: [TypeDeclaration] = []
    var depth = 0
    var isPrivate = false
    for (place, token) in file.tokens.enumerated() {
      switch token.text {
      case "{": depth += 1
      case "}":
        depth -= 1
        if depth == 0 { isPrivate = false }
      case "private", "fileprivate": if depth == 0 { isPrivate = true }
      case "func", "let", "var", "import": if depth == 0 { isPrivate = false }
      case _ where depth == 0 && keywords.contains(token.text):
        guard place + 1 < file.tokens.count, file.tokens[place + 1].text != "func" else { break }
        if !isPrivate { found.append(declaration(at: place, in: file.tokens)) }
        isPrivate = false
      default: break
      }
    }
    return found
  }

  private static func declaration(at place: Int, in tokens: [SwiftToken]) -> TypeDeclaration {
    let keyword = tokens[place]
    var depth = 0
    var end = keyword.line
    if keyword.text != "typealias" {
      for token in tokens[place...] {
        if token.text == "{" { depth += 1 }
        guard token.text == "}" else { continue }
        depth -= 1
        end = token.line
        if depth == 0 { break }
      }
    }
    return TypeDeclaration(
      kind: keyword.text == "extension" ? .extension : .type, name: tokens[place + 1].text,
      line: keyword.line, length: end - keyword.line + 1)
  }
}
