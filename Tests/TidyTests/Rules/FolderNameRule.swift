/// Folders are named for what they are about, never for what kind of thing lies in them.
enum FolderNameRule {
  static let kinds: Set = [
    "Utils", "Util", "Utilities", "Helpers", "Helper", "Models", "Common", "Managers", "Shared",
    "Misc",
  ]

  static func offences(in file: SourceFile) -> [Offence] {
    file.path.split(separator: "/").dropLast().filter { kinds.contains(String($0)) }.map {
      Offence(path: file.path, line: 0, message: "folder '\($0)' names a kind, not a matter")
    }
  }
}
