import Testing

@testable import PDRouter

struct TrimRuleTests {
  private static let much = TrimRule.worthwhile

  /// What a rule says of each of `unused`, when what is given back leaves `rest`.
  private func verdicts(_ unused: [Int], rest: Int) -> [Bool] {
    var rule = TrimRule()
    return unused.map { bytes in
      let isDue = rule.isDue(unused: bytes)
      if isDue { rule.noteGivenBack(unused: rest) }
      return isDue
    }
  }

  @Test func `memory is given back once there is enough of it, and not again for what stays`() {
    let unused = [Self.much - 1, Self.much, Self.much, 2 * Self.much - 1, 2 * Self.much]
    #expect(verdicts(unused, rest: Self.much) == [false, true, false, false, true])
  }

  @Test func `what stayed and is used again later counts no more as staying`() {
    let unused = [10 * Self.much, 10 * Self.much, Self.much, 2 * Self.much]
    #expect(verdicts(unused, rest: 10 * Self.much) == [true, false, false, true])
  }
}
