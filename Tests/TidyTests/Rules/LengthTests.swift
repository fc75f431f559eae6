internal import Testing

/// Widths and lengths, on samples and on the tree.
struct LengthTests {
  private static let tree = RepositoryTree.here

  @Test func `no line of Swift is wider than 100 characters`() {
    expectNone(Self.tree.swiftFiles.flatMap { WidthRule.offences(in: $0) })
  }

  @Test func `a line of 101 characters is found, one of 100 is not`() {
    let text = String(repeating: "ü", count: 100) + "\n" + String(repeating: "x", count: 101)
    let file = SourceFile(path: "a.swift", text: text)
    #expect(WidthRule.offences(in: file).map(\.line) == [2])
  }

  @Test func `no file of Swift is longer than 500 lines`() {
    expectNone(Self.tree.swiftFiles.flatMap { FileLengthRule.offences(in: $0) })
  }

  @Test(arguments: [(500, 0), (501, 1)])
  func `a file of more than 500 lines is found`(_ lines: Int, _ offences: Int) {
    let file = SourceFile(path: "a.swift", text: String(repeating: "\n", count: lines))
    #expect(FileLengthRule.offences(in: file).count == offences)
  }

  @Test func `no function is longer than 70 lines`() {
    expectNone(Self.tree.swiftFiles.flatMap { FunctionLengthRule.offences(in: $0) })
  }

  @Test(arguments: [
    "func f(a: () -> Void = {}) -> [Int] {", "init?(b: Int) {", "deinit {",
    "var x: Int {", "subscript(i: Int) -> Int {", "mutating func g() throws(E) {",
  ])
  func `a function of 71 lines is found, one of 70 is not`(_ signature: String) {
    func offences(_ lines: Int) -> [Int] {
      let body = String(repeating: "a { b }\n", count: lines - 2)
      let text = "protocol P { func r() }\n\(signature)\n\(body)}\nlet x = 1\n"
      return FunctionLengthRule.offences(in: SourceFile(path: "a.swift", text: text)).map(\.line)
    }
    #expect(offences(70) == [])
    #expect(offences(71) == [2])
  }

  @Test func `the vocabulary stays under 500 lines in all`() {
    let lines = Self.tree.sources.filter { $0.target == "Vocabulary" }.map(\.lines.count)
    #expect(!lines.isEmpty)
    #expect(lines.reduce(0, +) < 500)
  }
}
