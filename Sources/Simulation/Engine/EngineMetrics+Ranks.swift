internal import Vocabulary

extension EngineMetrics {
  /// Appends the pages of several ranks as one: each family's type line once, then the samples of
  /// all ranks. Every page has the same families in the same order.
  static func join(_ pages: [String], to buffer: inout ByteBuffer) {
    let mark: Character = "#"
    let ranks = pages.map { $0.split(separator: mark) }
    guard let first = ranks.first else { return }
    precondition(ranks.allSatisfy { $0.count == first.count }, "all ranks have the same families")
    for family in first.indices {
      for (rank, families) in ranks.enumerated() {
        let lines = families[family].split(separator: "\n")
        if rank == 0 { buffer.append("\(mark)\(lines[0])\n") }
        for line in lines.dropFirst() { buffer.append("\(line)\n") }
      }
    }
  }
}
