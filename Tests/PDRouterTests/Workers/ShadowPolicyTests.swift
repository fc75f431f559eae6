import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct ShadowPolicyTests {
  private func snapshot(_ id: UInt32, requests: Int, cached: Int = 0) -> WorkerSnapshot {
    var snapshot = WorkerSnapshot(
      id: WorkerID(number: id), role: .both, requestsInFlight: requests, tokensInFlight: .zero)
    snapshot.cachedBlocks = cached
    return snapshot
  }

  private func values(_ counts: ShadowCounts) -> [Int] {
    ShadowCounts.Figure.allCases.map { counts.value(of: $0) }
  }

  /// Who is chosen, who the shadow would have chosen (requests and cached blocks of 512 bytes of
  /// each), and what is counted: decisions, differences, load and bytes more, in either direction.
  @Test(
    arguments: [
      ((5, 0), (2, 0), [1, 1, 3, 0, 0, 0]), ((2, 1), (5, 0), [1, 1, 0, 3, 512, 0]),
      ((2, 0), (2, 3), [1, 1, 0, 0, 0, 1536]), ((2, 3), (2, 3), [1, 1, 0, 0, 0, 0]),
      ((0, 0), (.max, .max), [1, 1, 0, .max, 512, 0]),
    ] as [((Int, Int), (Int, Int), [Int])])
  func `a difference is counted by what the two workers have more`(
    chosen: (Int, Int), shadow: (Int, Int), counted: [Int]
  ) {
    let counts = ShadowCounts()
    counts.note(
      chosen: snapshot(0, requests: chosen.0, cached: chosen.1),
      shadow: snapshot(1, requests: shadow.0, cached: shadow.1))
    // The product of blocks and bytes may go round; it never traps.
    #expect(Array(values(counts).prefix(4)) == Array(counted.prefix(4)))
    if shadow.1 < .max { #expect(values(counts) == counted) }
  }

  @Test func `equal choices are decisions without a difference, an only candidate is none`() {
    let counts = ShadowCounts()
    var seat = PolicySeat(
      LeastLoadPolicy(), shadow: ShadowPolicy(LeastLoadPolicy(), seed: 1, counts: counts))
    var generator = SplitMix64(seed: 1)
    let traits = RequestTraits(promptTokens: .zero)
    let two = [snapshot(0, requests: 3), snapshot(1, requests: 0)]
    #expect(seat.choose(for: traits, among: two, using: &generator)?.index == 1)
    #expect(values(counts) == [1, 0, 0, 0, 0, 0])
    #expect(seat.choose(for: traits, among: [two[0]], using: &generator)?.index == 0)
    #expect(seat.choose(for: traits, among: [], using: &generator) == nil)
    #expect(values(counts) == [1, 0, 0, 0, 0, 0])
  }

  @Test func `the shadow is told all that the policy is told, and where requests really went`() {
    let (real, told) = (PolicySpy.Log(), PolicySpy.Log())
    var seat = PolicySeat(
      PolicySpy(log: real),
      shadow: ShadowPolicy(PolicySpy(log: told), seed: 1, counts: ShadowCounts()))
    var generator = SplitMix64(seed: 1)
    let traits = RequestTraits(promptTokens: .zero)
    let members = [0, 1].map {
      PolicyMember(id: WorkerID(number: $0), url: "http://w\($0):1")
    }
    seat.note(members, version: 1)
    seat.note(members, version: 1)
    let two = [snapshot(0, requests: 0), snapshot(1, requests: 0)]
    _ = seat.choose(for: traits, among: two, using: &generator)
    seat.noteRouted(traits, to: WorkerID(number: 0))
    #expect(told.all == ["members [w0, w1]", "choose [w0, w1]", "routed w0"])
    #expect(real.all == told.all)
    // A choice made elsewhere asks the shadow alone.
    seat.noteChosen(0, for: traits, among: two)
    #expect(told.all.count == 4 && real.all.count == 3)
  }

  @Test(arguments: PolicyName.allCases, PolicyName.allCases)
  func `a shadow changes no choice`(real: PolicyName, shadow: PolicyName) {
    func choices(_ shadowName: PolicyName?) -> [Int?] {
      let memory = PolicyMemory(hasShadow: true)
      var seat = PolicySeat(
        real.make(sharing: memory),
        shadow: shadowName.map {
          ShadowPolicy(
            $0.make(sharing: memory.shadow ?? memory), seed: 3, counts: ShadowCounts())
        })
      seat.note(
        (0..<5 as Range<UInt32>).map {
          PolicyMember(id: WorkerID(number: $0), url: "http://w\($0):1")
        }, version: 1)
      var generator = SplitMix64(seed: 3)
      var load = [Int](repeating: 0, count: 5)
      return (0..<200).map { step in
        var traits = RequestTraits(promptTokens: TokenCount(step))
        traits.session = SessionKey(source: "session:", value: Array("s\(step % 7)".utf8))
        traits.prefix.hashes = (0..<4).map { UInt64(step % 3 * 10 + $0) }
        let candidates = load.enumerated().map {
          snapshot(UInt32($0.offset), requests: $0.element, cached: (step + $0.offset) % 4)
        }
        let choice = seat.choose(for: traits, among: candidates, using: &generator)
        if let choice {
          load[choice.index] += step % 3
          seat.noteRouted(traits, to: candidates[choice.index].id)
        }
        return choice?.index
      }
    }
    #expect(choices(shadow) == choices(nil))
  }

  @Test func `a shadow draws other numbers than the loop of its seed`() {
    let counts = ShadowCounts()
    var seat = PolicySeat(
      RandomPolicy(), shadow: ShadowPolicy(RandomPolicy(), seed: 9, counts: counts))
    var generator = SplitMix64(seed: 9)
    let many = (0..<4 as Range<UInt32>).map { snapshot($0, requests: 0) }
    for _ in 0..<4000 {
      _ = seat.choose(for: RequestTraits(promptTokens: .zero), among: many, using: &generator)
    }
    // Two independent draws among four differ three times in four.
    let differences = counts.value(of: .differences)
    #expect(counts.value(of: .decisions) == 4000)
    #expect((2850...3150).contains(differences))
  }
}
