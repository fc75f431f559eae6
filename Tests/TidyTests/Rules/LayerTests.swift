internal import Testing

/// Modules and folders, on samples and on the tree.
struct LayerTests {
  @Test func `no target imports against the arrows`() {
    expectNone(RepositoryTree.here.swiftFiles.flatMap { LayerRule.offences(in: $0) })
  }

  @Test(arguments: [
    ("Sources/Vocabulary/A.swift", "internal import JSONFields"),
    ("Sources/Policies/A.swift", "internal import KVTransfer"),
    ("Sources/PDRouter/A.swift", "internal import CLibUV"),
    ("Sources/EventLoop/A.swift", "internal import CNGHTTP2"),
    ("Sources/Wire/A.swift", "internal import CLibUV"),
    ("Sources/PDRouter/A.swift", "public import Simulation"),
    ("Tests/WireTests/A.swift", "internal import COpenSSL"),
    ("Sources/Tool/A.swift", "internal import CLibUV"),
    ("Sources/Elsewhere/A.swift", "let a = 1"),
  ])
  func `an import against the arrows is found`(_ path: String, _ text: String) {
    #expect(LayerRule.offences(in: SourceFile(path: path, text: text)).count == 1)
  }

  @Test(arguments: [
    ("Sources/EventLoop/A.swift", "internal import CLibUV\ninternal import Glibc"),
    ("Sources/Wire/A.swift", "internal import CNGHTTP2\npublic import Vocabulary"),
    ("Tests/WireTests/A.swift", "internal import Testing\n@testable import Wire"),
  ])
  func `an import along the arrows is not`(_ path: String, _ text: String) {
    #expect(LayerRule.offences(in: SourceFile(path: path, text: text)) == [])
  }

  @Test func `no folder is named for a kind of thing`() {
    expectNone(RepositoryTree.here.files.flatMap { FolderNameRule.offences(in: $0) })
  }

  @Test(arguments: [("Sources/Wire/Utils/A.swift", 1), ("Sources/Wire/Head/Utils.swift", 0)])
  func `a folder named for a kind of thing is found`(_ path: String, _ count: Int) {
    #expect(FolderNameRule.offences(in: SourceFile(path: path, text: "")).count == count)
  }
}
