import Testing

@testable import PDRouter

struct TrimRuleTests {
  private static let much = TrimRule.worthwhile

  @Test func `memory is given back once there is enough of it, and not again for what stays`() {
    var rule = TrimRule()
    #expect(!rule.isDue(unused: Self.much - 1))
    #expect(rule.isDue(unused: Self.much))
    rule.noteGivenBack(unused: Self.much)
    #expect(!rule.isDue(unused: Self.much))
    #expect(!rule.isDue(unused: 2 * Self.much - 1))
    #expect(rule.isDue(unused: 2 * Self.much))
  }

  @Test func `what stayed and is used again later counts no more as staying`() {
    var rule = TrimRule()
    rule.noteGivenBack(unused: 10 * Self.much)
    #expect(!rule.isDue(unused: Self.much))
    #expect(rule.isDue(unused: 2 * Self.much))
  }
}
