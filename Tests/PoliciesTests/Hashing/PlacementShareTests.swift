import Policies
import Testing
import Vocabulary

/// How evenly placements share keys out, and what moves when a worker leaves.
struct PlacementShareTests {
  private static let keys = 10_000

  private static func owners(_ name: PolicyName, _ ids: [Int], candidates: [Int]? = nil) -> [Int] {
    var policy = name.make()
    policy.noteMembers(Fleet.members(ids))
    let pool = Pool(ids: candidates ?? ids)
    var generator = SplitMix64(seed: 1)
    return (0..<keys).map { key in
      let request = Fleet.request(session: "conversation-\(key)")
      let choice = pool.choice(of: &policy, &generator, for: request)
      return choice.map { Int(pool.workers[$0.index].id.number) } ?? -1
    }
  }

  private static func shares(_ owners: [Int], of ids: [Int]) -> [Double] {
    ids.map { id in
      Double(owners.count { $0 == id }) * Double(ids.count) / Double(owners.count)
    }
  }

  /// A worker's part of the ring is a sum of 160 gaps: its share has a standard deviation of
  /// 1/√160 = 7.9 % of the mean, and 10,000 keys add 2 to 4 %. Four deviations: 35 %.
  @Test(arguments: [5, 16])
  func `the ring gives every worker its share within four deviations of 160 nodes`(n: Int) {
    let shares = Self.shares(Self.owners(.consistentHash, Array(0..<n)), of: Array(0..<n))
    #expect(shares.allSatisfy { abs($0 - 1) < 0.35 })
    let variance = shares.reduce(0) { $0 + ($1 - 1) * ($1 - 1) } / Double(n)
    #expect(variance.squareRoot() < 0.16)
  }

  /// Highest scores are drawn evenly: Pearson's statistic beyond the bound once in a thousand.
  @Test(arguments: [(5, 18.47), (16, 37.70)])
  func `highest scores share keys out as evenly as dice`(n: Int, bound: Double) {
    let owners = Self.owners(.rendezvousHash, Array(0..<n))
    #expect(chiSquare((0..<n).map { id in owners.count { $0 == id } }) < bound)
  }

  /// Whether it is away for a while or has left, only its own keys move: 1/n and some.
  @Test(arguments: [PolicyName.consistentHash, .rendezvousHash], [5, 16])
  func `only the keys of a worker that leaves move, and not all to one`(
    name: PolicyName, n: Int
  ) {
    let all = Array(0..<n)
    let before = Self.owners(name, all)
    let rest = all.filter { $0 != 2 }
    let gone = Self.owners(name, rest)
    let away = Self.owners(name, all, candidates: rest)
    #expect(gone == away)
    var heirs: [Int: Int] = [:]
    for (old, new) in zip(before, gone) where old != new {
      #expect(old == 2)
      heirs[new, default: 0] += 1
    }
    let moved = heirs.values.reduce(0, +)
    #expect(moved == before.count { $0 == 2 })
    #expect(Double(moved) / Double(Self.keys) < 1.35 / Double(n))
    #expect(heirs.count == n - 1)
    #expect(Double(heirs.values.max() ?? 0) < 0.6 * Double(moved))
  }

  /// A newcomer takes its share and nothing moves between the others.
  @Test(arguments: [PolicyName.consistentHash, .rendezvousHash])
  func `a newcomer takes keys from all, and nothing else moves`(name: PolicyName) {
    let before = Self.owners(name, Array(0..<5))
    let after = Self.owners(name, Array(0..<6))
    let moved = zip(before, after).filter { $0 != $1 }
    #expect(moved.allSatisfy { $0.1 == 5 })
    #expect(abs(Double(moved.count) / Double(Self.keys) - 1.0 / 6) < 0.35 / 6)
    #expect(Set(moved.map(\.0)) == [0, 1, 2, 3, 4])
  }

  @Test(arguments: [PolicyName.consistentHash, .rendezvousHash])
  func `loads make no difference to a key`(name: PolicyName) {
    var policy = name.make()
    policy.noteMembers(Fleet.members(0..<5))
    for key in 0..<200 {
      let request = Fleet.request(session: "\(key)")
      let idle = Pool(ids: 0..<5)
      var busy = idle
      var generator = SplitMix64(seed: 1)
      guard let index = idle.choice(of: &policy, &generator, for: request)?.index else { continue }
      busy.workers[index] = Pool.worker(index, requests: 1000, tokens: 1_000_000)
      #expect(busy.choice(of: &policy, &generator, for: request)?.index == index)
    }
  }
}
