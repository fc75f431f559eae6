import Testing

@testable import PDRouter

struct TrimRuleTests {
  private static let much = TrimRule.worthwhile

  /// What a rule says each time of `resident` bytes, when what is given back leaves `rest`.
  private func verdicts(_ resident: [Int], free: Int = much, rest: Int) -> [Bool] {
    var rule = TrimRule()
    return resident.map { bytes in
      let isDue = rule.isDue(resident: bytes, free: free)
      if isDue { rule.noteGivenBack(resident: rest, free: free) }
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

  @Test func `blocks that were live at the last time and were freed since are given back, once`() {
    var rule = TrimRule()
    var verdicts: [Bool] = []
    func look(_ resident: Int, _ free: Int, rest: Int = 0) {
      let isDue = rule.isDue(resident: resident, free: free)
      if isDue { rule.noteGivenBack(resident: rest, free: free) }
      verdicts.append(isDue)
    }
    look(10 * Self.much, 4 * Self.much, rest: 6 * Self.much)
    look(6 * Self.much, 5 * Self.much - 1)
    look(6 * Self.much, 9 * Self.much, rest: Self.much)
    look(Self.much, 9 * Self.much)
    // Used again in part, and freed.
    look(2 * Self.much - 1, 8 * Self.much)
    look(2 * Self.much - 1, 9 * Self.much)
    #expect(verdicts == [true, false, true, false, false, true])
  }

  @Test func `a large process whose memory is in use is left alone`() {
    #expect(verdicts([100 * Self.much], free: Self.much - 1, rest: 0) == [false])
  }
}
