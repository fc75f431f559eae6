internal import Testing

struct PreconditionTests {
  @Test func `the program states 10 preconditions or more in 1,000 lines`() {
    let density = PreconditionRule.density(of: RepositoryTree.here.sources)
    #expect(density >= PreconditionRule.perThousandLines)
  }

  @Test func `preconditions are counted in code and not in comments`() {
    let text =
      "precondition(a)\n// precondition(b)\npreconditionFailure(\"precondition\")\nassert(c)"
    let file = SourceFile(path: "Sources/Wire/A.swift", text: text)
    #expect(PreconditionRule.density(of: [file]) == 500)
    #expect(PreconditionRule.density(of: []) == 0)
  }
}
