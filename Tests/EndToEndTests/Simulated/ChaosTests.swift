import PDRouter
import Simulation
import Testing
import Vocabulary

/// Everything at once: bad networks, clients that leave, engines that die, restart, hang, lie and
/// are drained. Two thousand worlds; `CHAOS_SEED=n` runs the one of a seed alone.
@Suite struct ChaosTests {
  /// Seeds in parts, so that they run beside each other.
  private static let parts: [Range<UInt64>] =
    ChaosSeeds.only.map { [$0..<($0 + 1)] } ?? (0..<8).map { ($0 * 250)..<($0 * 250 + 250) }

  @Test(arguments: parts)
  func `no chaos leaves a client in silence or a handle behind`(_ seeds: Range<UInt64>) throws {
    let oracle = try AnswerOracle(ChaosPlan.requests)
    var found: [String] = []
    for seed in seeds {
      let fleet = try ChaosPlan(seed: seed).unleash()
      found += fleet.violations(tolerating: .brokenClients)
      found += oracle.wrongAnswers(in: fleet)
    }
    #expect(found == [], "once more: CHAOS_SEED=<seed> swift test --filter ChaosTests")
  }

  /// Seeds for engines that are spoken to in HTTP/2.
  private static let partsOverHTTP2: [Range<UInt64>] =
    ChaosSeeds.only.map { [$0..<($0 + 1)] } ?? (0..<4).map { ($0 * 125)..<($0 * 125 + 125) }

  @Test(arguments: partsOverHTTP2)
  func `nor does it where requests share connections to engines`(_ seeds: Range<UInt64>) throws {
    let oracle = try AnswerOracle(ChaosPlan.requests)
    var found: [String] = []
    for seed in seeds {
      let fleet = try ChaosPlan(seed: seed, isHTTP2: true).unleash()
      found += fleet.violations(tolerating: .brokenClients)
      found += oracle.wrongAnswers(in: fleet)
    }
    #expect(found == [], "once more: CHAOS_SEED=<seed> swift test --filter ChaosTests")
  }

  /// A machine vanishes while a connection to it is coming up.
  @Test func `a seed that once failed`() throws {
    let fleet = try ChaosPlan(seed: 7256).unleash()
    #expect(fleet.violations(tolerating: .brokenClients) == [])
  }
}
