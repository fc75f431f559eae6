import Testing
import Vocabulary

@testable import Policies

struct ConsistentHashPolicyTests {
  private static func policy(_ ids: some Sequence<Int>) -> ConsistentHashPolicy {
    var policy = ConsistentHashPolicy()
    policy.noteMembers(Fleet.members(ids))
    return policy
  }

  /// Worked out by a port of the baseline's ring to Python, over five workers.
  @Test(
    arguments: [
      ("session:", "abc", 4), ("user:", "bob", 2), ("header:x-session-id:", "abc", 0),
      ("header:x-user-id:", "42", 2), ("user:", "7", 4), ("session:", "日本", 2),
    ] as [(StaticString, String, Int)])
  func `a key goes where the baseline puts it`(source: StaticString, value: String, owner: Int) {
    var policy = Self.policy(0..<5)
    var generator = SplitMix64(seed: 1)
    let choice = Pool(ids: 0..<5).choice(
      of: &policy, &generator, for: Fleet.request(source: source, value))
    #expect(choice == Choice(index: owner, reason: .hash))
  }

  /// The same port, for the values `s0` to `s59`.
  @Test func `sixty sessions go where the baseline puts them`() {
    var policy = Self.policy(0..<5)
    let owners = (0..<60).map {
      Pool(ids: 0..<5).id(for: Fleet.request(session: "s\($0)"), by: &policy) ?? -1
    }
    let expected = "133244404332033010022234240031214400442310431331041043321020"
    #expect(owners.map(String.init).joined() == expected)
  }

  @Test(
    arguments: [
      ("session:", "abc", [4, 0, 2, 3, 1]), ("user:", "bob", [2, 3, 4, 0, 1]),
      ("header:x-session-id:", "abc", [0, 3, 4, 1, 2]),
    ] as [(StaticString, String, [Int])])
  func `a key whose worker is away goes on round the ring, and back when it returns`(
    source: StaticString, value: String, order: [Int]
  ) {
    var policy = Self.policy(0..<5)
    var generator = SplitMix64(seed: 1)
    let request = Fleet.request(source: source, value)
    for away in 1..<4 {
      let ids = (0..<5).filter { !order[..<away].contains($0) }
      let pool = Pool(ids: ids)
      let choice = pool.choice(of: &policy, &generator, for: request)
      #expect(choice.map { ids[$0.index] } == order[away])
      #expect(choice?.reason == .hashSpill)
    }
    #expect(Pool(ids: 0..<5).id(for: request, by: &policy) == order[0])
  }

  /// `http://10.0.0.7:8000:101` and `http://10.0.0.15:8000:69` have one hash.
  @Test func `where two nodes meet, the worker registered later has the place`() {
    let meeting: UInt64 = 0x1F45_C2D7_B8AB_26CF
    var ring = HashRing()
    ring.update(Fleet.members(0..<16))
    #expect(owner(of: meeting, on: ring) == 14)
    ring.update(Fleet.members((0..<16).filter { $0 != 14 }))
    #expect(owner(of: meeting, on: ring) == 6)
    ring.update(Fleet.members(0..<16))
    #expect(owner(of: meeting, on: ring) == 14)
  }

  @Test func `a ring that changed step by step is the ring made anew`() {
    var ring = HashRing()
    let steps = [0..<3, 0..<16, 2..<9, 2..<9, 5..<40, 0..<0, 1..<4]
    for ids in steps {
      ring.update(Fleet.members(ids))
      var fresh = HashRing()
      fresh.update(Fleet.members(ids))
      #expect(ring.count == ids.count * HashRing.nodesPerWorker)
      for key in 0..<500 as Range<UInt64> {
        let hash = SplitMix64.mix(key)
        #expect(owner(of: hash, on: ring) == owner(of: hash, on: fresh))
      }
    }
  }

  private func owner(of hash: UInt64, on ring: HashRing) -> Int? {
    let pool = Pool(ids: 0..<64)
    return pool.workers.withUnsafeBufferPointer { ring.first(from: hash, among: $0)?.index }
  }
}
