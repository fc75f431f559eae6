/// No marks for later: what is not done is not in the tree.
enum LooseEndRule {
  // In two parts, so that the rule does not find itself.
  static let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

  static func offences(in file: SourceFile) -> [Offence] {
    file.lines.enumerated().flatMap { place, line in
      let words = line.split { !$0.isLetter }
      return marks.filter { words.contains(Substring($0)) }.map { mark in
        Offence(path: file.path, line: place + 1, message: "'\(mark)': do it or leave it out")
      }
    }
  }
}
