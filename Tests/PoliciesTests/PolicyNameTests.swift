import Policies
import Testing
import Vocabulary

struct PolicyNameTests {
  @Test(arguments: PolicyName.allCases)
  func `a policy made by name answers to that name`(name: PolicyName) {
    #expect(name.make().name == name)
  }

  @Test func `the names are those of the command line`() {
    let names = [
      "round_robin", "random", "power_of_two", "least_load", "cache_aware", "consistent_hash",
      "rendezvous_hash", "prefix_hash", "sticky_least_loaded", "kv_load", "kv_aware",
    ]
    #expect(PolicyName.allCases.map(\.rawValue) == names)
  }

  @Test(arguments: PolicyName.allCases)
  func `without candidates there is no choice`(name: PolicyName) {
    var policy = name.make()
    var generator = SplitMix64(seed: 1)
    #expect(Pool(ids: []).choice(of: &policy, &generator) == nil)
  }

  @Test(arguments: PolicyName.allCases)
  func `an only candidate is chosen and the reason says so`(name: PolicyName) {
    var policy = name.make()
    var generator = SplitMix64(seed: 1)
    let choice = Pool(ids: [7]).choice(of: &policy, &generator)
    #expect(choice?.index == 0)
    #expect(choice?.reason == .onlyCandidate)
  }

  @Test(arguments: PolicyName.allCases)
  func `the same seed gives the same choices`(name: PolicyName) {
    func choices() -> [Int?] {
      var policy = name.make()
      var generator = SplitMix64(seed: 42)
      let pool = Pool(ids: 0..<16)
      return (0..<200).map { _ in pool.chosenID(of: &policy, &generator) }
    }
    #expect(choices() == choices())
  }

  @Test(arguments: [PolicyName.roundRobin, .random])
  func `a policy that places requests is obeyed, not weighed against pairs`(name: PolicyName) {
    #expect(!name.weighsPairs)
  }

  @Test func `every reason has its own name`() {
    let names = Set(ChoiceReason.allCases.map { "\($0.name)" })
    #expect(names.count == ChoiceReason.allCases.count)
  }
}
