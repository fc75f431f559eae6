/// Cuts Swift source into tokens, well enough for counting braces and finding words.
///
/// Knows line and nested block comments, plain, multi-line and raw strings with interpolations, and
/// raw identifiers; does not know regex literals. Source that ends inside a literal ends the scan.
struct SwiftLexer {
  private let bytes: [UInt8]
  private var place = 0
  private var line = 1

  /// The tokens of `text` in order.
  static func tokens(of text: String) -> [SwiftToken] {
    var lexer = SwiftLexer(bytes: Array(text.utf8))
    var tokens: [SwiftToken] = []
    while let token = lexer.next() { tokens.append(token) }
    return tokens
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private mutating func next() -> SwiftToken? {
    skipBlanksAndComments()
    guard place < bytes.count else { return nil }
    let start = place
    let startLine = line
    switch bytes[place] {
    case UInt8(ascii: "\""), UInt8(ascii: "#"): skipStringOrMark()
    case UInt8(ascii: "`"): skipRawIdentifier()
    case let byte where SwiftLexer.isWord(byte):
      while place < bytes.count, SwiftLexer.isWord(bytes[place]) { place += 1 }
    default: place += 1
    }
    return SwiftToken(text: String(decoding: bytes[start..<place], as: UTF8.self), line: startLine)
  }

  private mutating func skipBlanksAndComments() {
    while place < bytes.count {
      if starts(with: "//") {
        while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
      } else if starts(with: "/*") {
        skipBlockComment()
      } else if bytes[place] <= UInt8(ascii: " ") {
        step()
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if starts(with: "/*") {
        depth += 1
        place += 2
      } else if starts(with: "*/") {
        depth -= 1
        place += 2
      } else {
        step()
      }
    } while depth > 0 && place < bytes.count
  }

  /// A `#` begins a raw string, or is a mark of its own (`#if`, `#expect`).
  private mutating func skipStringOrMark() {
    var hashes = 0
    while place + hashes < bytes.count, bytes[place + hashes] == UInt8(ascii: "#") { hashes += 1 }
    guard place + hashes < bytes.count, bytes[place + hashes] == UInt8(ascii: "\"") else {
      place += 1
      return
    }
    place += hashes
    skipString(hashes: hashes)
  }

  private mutating func skipString(hashes: Int) {
    let quotes = starts(with: "\"\"\"") ? "\"\"\"" : "\""
    let end = quotes + String(repeating: "#", count: hashes)
    let escape = "\\" + String(repeating: "#", count: hashes)
    place += quotes.utf8.count
    while place < bytes.count, !starts(with: end) {
      guard starts(with: escape) else {
        step()
        continue
      }
      place += escape.utf8.count
      if starts(with: "(") { skipInterpolation() } else if place < bytes.count { step() }
    }
    place = min(place + end.utf8.count, bytes.count)
  }

  private mutating func skipInterpolation() {
    var depth = 0
    repeat {
      guard let token = next() else { return }
      if token.text == "(" { depth += 1 }
      if token.text == ")" { depth -= 1 }
    } while depth > 0
  }

  private mutating func skipRawIdentifier() {
    place += 1
    while place < bytes.count, bytes[place] != UInt8(ascii: "`") { step() }
    place = min(place + 1, bytes.count)
  }

  private mutating func step() {
    if bytes[place] == UInt8(ascii: "\n") { line += 1 }
    place += 1
  }

  private func starts(with text: String) -> Bool {
    bytes[place...].starts(with: text.utf8)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
      true
    default: false
    }
  }
}
