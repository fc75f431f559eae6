/// Compares what the code declares with what a document lists: both ways, and once each.
enum DocumentedNames {
  /// One name and where it stands.
  typealias Entry = (name: String, line: Int)

  static func offences(
    declared: [Entry], in code: String, documented: [Entry], in document: String
  ) -> [Offence] {
    let known = Set(declared.map(\.name))
    let told = Set(documented.map(\.name))
    var offences = declared.filter { !told.contains($0.name) }.map {
      Offence(path: code, line: $0.line, message: "\($0.name) is missing from \(document)")
    }
    offences += documented.filter { !known.contains($0.name) }.map {
      Offence(path: document, line: $0.line, message: "\($0.name) does not exist in \(code)")
    }
    var seen: Set<String> = []
    offences += documented.filter { !seen.insert($0.name).inserted }.map {
      Offence(path: document, line: $0.line, message: "\($0.name) is listed twice")
    }
    return offences
  }
}
