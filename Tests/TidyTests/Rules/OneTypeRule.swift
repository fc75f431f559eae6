/// One type, one file, same name.
///
/// `X.swift` declares `X`; `X+Y.swift` extends `X`. Small companions may stand beside it (a
/// delegate's protocol, an options struct, an error): at most four, of at most 40 lines each.
/// Private types are not counted. A file of free functions or of extensions alone may have any name
/// that says what it is about.
enum OneTypeRule {
  static let companions = 4
  static let companionLines = 40

  static func offences(in file: SourceFile) -> [Offence] {
    let declarations = TypeDeclaration.topLevel(of: file)
    let types = declarations.filter { $0.kind == .type }
    if let plus = file.name.firstIndex(of: "+") {
      return extensionOffences(file, String(file.name[..<plus]), declarations)
        + companionOffences(file, types[...])
    }
    guard let first = types.first else { return [] }
    guard let principal = types.firstIndex(where: { $0.name == file.name }) else {
      return [
        Offence(
          path: file.path, line: first.line,
          message: "declares \(first.name), but no type of the file's name")
      ]
    }
    var others = types
    others.remove(at: principal)
    return companionOffences(file, others[...])
  }

  private static func extensionOffences(
    _ file: SourceFile, _ name: String, _ declarations: [TypeDeclaration]
  ) -> [Offence] {
    guard declarations.contains(where: { $0.kind == .extension && $0.name == name }) else {
      return [Offence(path: file.path, line: 0, message: "does not extend \(name)")]
    }
    return []
  }

  private static func companionOffences(
    _ file: SourceFile, _ others: ArraySlice<TypeDeclaration>
  ) -> [Offence] {
    var offences = others.filter { $0.length > companionLines }.map {
      Offence(
        path: file.path, line: $0.line,
        message: "\($0.name) has \($0.length) lines: it wants a file of its own")
    }
    if others.count > companions {
      offences.append(
        Offence(
          path: file.path, line: 0,
          message: "\(others.count) companions beside one type, \(companions) is the wall"))
    }
    return offences
  }
}
