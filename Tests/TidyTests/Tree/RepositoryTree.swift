internal import Foundation

/// The repository's own text files: everything a person writes, nothing that is built.
struct RepositoryTree {
  /// The tree this file was compiled from, read once.
  static let here = RepositoryTree(root: rootFolder())

  private static let folders = [
    "Sources", "Tests", "Benchmarks", "Fuzz", "docs", "scripts", "examples", ".ci",
  ]
  /// What programs wrote, and a link to folders that are here already.
  private static let notOurs = ["Benchmarks/results", "Fuzz/Corpus", "Fuzz/Rooms"]
  private static let extensions = ["swift", "md", "c", "h", "modulemap", "sh", "py", "yaml", "yml"]

  let files: [SourceFile]

  init(root: URL) {
    var paths = RepositoryTree.entries(of: root).filter { !$0.contains("/") }
    for folder in RepositoryTree.folders {
      let inside = RepositoryTree.entries(of: root.appending(path: folder))
      paths += inside.map { "\(folder)/\($0)" }
    }
    files = paths.sorted().compactMap { path in
      guard RepositoryTree.isText(path) else { return nil }
      guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else {
        return nil
      }
      return SourceFile(path: path, text: text)
    }
  }

  /// All Swift files, the manifest, tests and benchmarks included.
  var swiftFiles: [SourceFile] { files.filter(\.isSwift) }

  /// The Swift files of the program itself.
  var sources: [SourceFile] { swiftFiles.filter { $0.target != nil } }

  /// The file at `path`, nil when there is none.
  func file(_ path: String) -> SourceFile? {
    files.first { $0.path == path }
  }

  /// `…/Tests/TidyTests/Tree/RepositoryTree.swift` → `…`
  private static func rootFolder(of file: String = #filePath) -> URL {
    var root = URL(filePath: file)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root
  }

  /// Paths below `folder`, folders included; empty when it does not exist. The root is not walked.
  private static func entries(of folder: URL) -> [String] {
    let manager = FileManager.default
    let isRoot = manager.fileExists(atPath: folder.appending(path: "Package.swift").path)
    let found =
      isRoot
      ? try? manager.contentsOfDirectory(atPath: folder.path)
      : try? manager.subpathsOfDirectory(atPath: folder.path)
    return found ?? []
  }

  /// By name: a known ending, or none at all (`Makefile`, scripts).
  private static func isText(_ path: String) -> Bool {
    let file = path.split(separator: "/").last ?? ""
    if path.contains("/.build") || notOurs.contains(where: path.hasPrefix) { return false }
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else {
      return file != ".git"
    }
    return extensions.contains(String(file[file.index(after: dot)...]))
  }
}
