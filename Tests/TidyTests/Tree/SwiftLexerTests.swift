internal import Testing

struct SwiftLexerTests {
  @Test(arguments: [
    ("let a = 1", ["let", "a", "=", "1"]),
    ("a // { print(\nb", ["a", "b"]),
    ("a /* x /* y */ z */ b", ["a", "b"]),
    (#"f("a { \(g(")")) } b") {"#, ["f", "(", #""a { \(g(")")) } b""#, ")", "{"]),
    (##"x = #"a " \ b"# + y"##, ["x", "=", ##"#"a " \ b"#"##, "+", "y"]),
    ("\"\"\"\n a \" }\n\"\"\" c", ["\"\"\"\n a \" }\n\"\"\"", "c"]),
    (#""\\" }"#, [#""\\""#, "}"]),
    ("func `it's a { name`() {}", ["func", "`it's a { name`", "(", ")", "{", "}"]),
    ("#if os(Linux)", ["#", "if", "os", "(", "Linux", ")"]),
    ("\"no end", ["\"no end"]),
    ("/* no end", []),
  ])
  func `source is cut into words, literals and marks`(_ text: String, _ tokens: [String]) {
    #expect(SwiftLexer.tokens(of: text).map(\.text) == tokens)
  }

  @Test func `a token knows its line after comments and literals of several lines`() {
    let text = "/*\n*/ a\n\"\"\"\n\n\"\"\"\nb // c\nd"
    #expect(SwiftLexer.tokens(of: text).map(\.line) == [2, 3, 6, 7])
  }

  @Test func `every prefix of a source is cut without end or trap`() {
    let text = ##"a("\(b("c"))") /* /* */ */ #"\#(d)"# `e f` """\#n g"""##
    for length in 0...text.count {
      let tokens = SwiftLexer.tokens(of: String(text.prefix(length)))
      #expect(tokens.count <= length)
    }
  }
}
