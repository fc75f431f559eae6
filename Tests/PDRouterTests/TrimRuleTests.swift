import Testing

@testable import PDRouter

struct TrimRuleTests {
  private static let much = TrimRule.worthwhile

  /// What a rule says each time of `resident` bytes, when what is given back leaves `rest`.
  private func verdicts(_ resident: [Int], free: Int = much, rest: Int) -> [Bool] {
    var rule = TrimRule()
    return resident.map { bytes in
      let isDue = rule.isDue(resident: bytes, free: free)
      if isDue { rule.noteGivenBack(resident: rest) }
      return isDue
    }
  }

  @Test func `memory is given back once there is enough of it, and not again for what stays`() {
    let resident = [Self.much - 1, Self.much, Self.much, 2 * Self.much - 1, 2 * Self.much]
    #expect(verdicts(resident, rest: Self.much) == [false, true, false, false, true])
  }

  @Test func `what stayed and went later counts no more as staying`() {
    let resident = [10 * Self.much, 10 * Self.much, Self.much, 2 * Self.much]
    #expect(verdicts(resident, rest: 10 * Self.much) == [true, false, false, true])
  }

  @Test func `a large process whose memory is in use is left alone`() {
    #expect(verdicts([100 * Self.much], free: Self.much - 1, rest: 0) == [false])
  }
}
