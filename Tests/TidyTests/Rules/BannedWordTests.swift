internal import Testing

/// Words that must not occur, on samples and on the tree.
struct BannedWordTests {
  @Test func `no banned word stands in the tree`() {
    let files = RepositoryTree.here.swiftFiles
    expectNone(files.flatMap { file in BannedWord.all.flatMap { $0.offences(in: file) } })
  }

  @Test func `nothing is left for later anywhere in the tree`() {
    expectNone(RepositoryTree.here.files.flatMap { LooseEndRule.offences(in: $0) })
  }

  @Test(arguments: [
    ("Sources/Wire/A.swift", "let t = Date()"),
    ("Tests/WireTests/A.swift", "print(1)"),
    ("Sources/Tool/A.swift", "fatalError(\"x\")"),
    ("Benchmarks/Micro/A.swift", "try! f()"),
    ("Sources/EventLoop/A.swift", "Unmanaged.passRetained(x)"),
    ("Sources/PDRouter/A.swift", "internal import Foundation"),
    ("Sources/PDRouter/A.swift", "Task { f() }"),
    ("Sources/PDRouter/A.swift", "func f() async {}"),
    ("Sources/PDRouter/A.swift", "func f() async -> Int"),
    ("Sources/PDRouter/A.swift", "func f() async throws(E) -> Int"),
    ("Sources/Simulation/A.swift", "await f()"),
    ("Sources/Wire/A.swift", "actor A {}"),
  ])
  func `a banned word is found`(_ path: String, _ text: String) {
    let file = SourceFile(path: path, text: "\n" + text)
    let offences = BannedWord.all.flatMap { $0.offences(in: file) }
    #expect(offences.map(\.line) == [2])
  }

  @Test(arguments: [
    ("Sources/Wire/A.swift", "// Date( print( try! \nlet s = \"fatalError( await\""),
    ("Sources/Wire/A.swift", "writer.print(1); func print(_ a: Int) {}"),
    ("Sources/EventLoop/LibUV/UVHandle.swift", "Unmanaged.passRetained(x)"),
    ("Sources/Tool/A.swift", "import Foundation\nTask { await f() }"),
    ("Tests/WireTests/A.swift", "import Foundation\nfunc f() async {}"),
    (
      "Sources/EventLoop/A.swift",
      "init(async: Int) { self.async = async }\nf()\nasync = nil\nif let async {}"
    ),
  ])
  func `an allowed word is not`(_ path: String, _ text: String) {
    let file = SourceFile(path: path, text: text)
    #expect(BannedWord.all.flatMap { $0.offences(in: file) } == [])
  }

  @Test func `a mark for later is found in comments and documents`() {
    for mark in LooseEndRule.marks {
      let file = SourceFile(path: "docs/a.md", text: "fine\n// \(mark): more\n\(mark)S are words")
      #expect(LooseEndRule.offences(in: file).map(\.line) == [2])
    }
  }
}
