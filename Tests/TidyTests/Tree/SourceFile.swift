/// One text file of the repository, read whole; Swift files are cut into tokens too.
struct SourceFile {
  /// Path from the root of the repository, with `/`.
  let path: String
  let lines: [Substring]
  /// Empty unless the file is Swift.
  let tokens: [SwiftToken]

  init(path: String, text: String) {
    self.path = path
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    self.lines = lines
    tokens = path.hasSuffix(".swift") ? SwiftLexer.tokens(of: text) : []
  }

  var isSwift: Bool { path.hasSuffix(".swift") }

  /// Name without folders and extension.
  var name: Substring {
    let file = path.split(separator: "/").last ?? ""
    return file.prefix { $0 != "." }
  }

  /// The target whose source this is, `EventLoop` for `Sources/EventLoop/…`; nil elsewhere.
  var target: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  /// The modules imported, each with its line.
  var imports: [SwiftToken] {
    tokens.indices.dropLast().filter { tokens[$0].text == "import" }.map { tokens[$0 + 1] }
  }
}
