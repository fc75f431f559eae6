internal import Testing

/// One type, one file, same name: on samples and on the tree.
struct OneTypeTests {
  @Test func `every file of the program has the name of its type`() {
    expectNone(RepositoryTree.here.sources.flatMap { OneTypeRule.offences(in: $0) })
  }

  @Test(arguments: [
    ("A.swift", "struct B {}"),
    ("A+C.swift", "extension B {}"),
    ("A.swift", "struct A {}\nclass B {\(String(repeating: "\n", count: 40))}"),
    ("A.swift", "struct A {}; enum B {}; enum C {}; enum D {}; enum E {}; enum F {}"),
    ("A.swift", "private struct A {}\npublic struct B {}"),
  ])
  func `a type in a file of another name is found`(_ name: String, _ text: String) {
    let file = SourceFile(path: "Sources/Wire/" + name, text: text)
    #expect(OneTypeRule.offences(in: file).count == 1)
  }

  @Test(arguments: [
    ("A.swift", "private struct B {}\npublic final class A { struct C {} }"),
    ("A.swift", "protocol A {}\nprotocol AObserver {}\nextension B {}"),
    ("A+B.swift", "extension A {}\nenum Fault {}"),
    ("Names.swift", "extension A {}\nextension B {}"),
    ("main.swift", "run()"),
    ("A.swift", "private func f() {}\nstruct A {}"),
  ])
  func `a type in its own file is not`(_ name: String, _ text: String) {
    let file = SourceFile(path: "Sources/Wire/" + name, text: text)
    #expect(OneTypeRule.offences(in: file) == [])
  }
}
