import Testing
import Vocabulary

@testable import Policies

struct RendezvousHashPolicyTests {
  private static func policy(_ ids: some Sequence<Int>) -> RendezvousHashPolicy {
    var policy = RendezvousHashPolicy()
    policy.noteMembers(Fleet.members(ids))
    return policy
  }

  /// Worked out by a port of the baseline's score to Python, over five workers.
  @Test(
    arguments: [
      ("session:", "abc", 3), ("user:", "bob", 3), ("header:x-session-id:", "abc", 2),
      ("header:x-user-id:", "42", 3), ("user:", "7", 4), ("session:", "日本", 2),
    ] as [(StaticString, String, Int)])
  func `a key goes where the baseline's score is highest`(
    source: StaticString, value: String, best: Int
  ) {
    var policy = Self.policy(0..<5)
    var generator = SplitMix64(seed: 1)
    let choice = Pool(ids: 0..<5).choice(
      of: &policy, &generator, for: Fleet.request(source: source, value))
    #expect(choice == Choice(index: best, reason: .hash))
  }

  /// The same port, for the values `s0` to `s59`.
  @Test func `sixty sessions go where the baseline's score is highest`() {
    var policy = Self.policy(0..<5)
    let best = (0..<60).map {
      Pool(ids: 0..<5).id(for: Fleet.request(session: "s\($0)"), by: &policy) ?? -1
    }
    let expected = "020121320400442302414402030303322424021430233334210414110211"
    #expect(best.map(String.init).joined() == expected)
  }

  /// Two workers of one URL have equal scores with every key.
  @Test func `of equal scores the last wins`() {
    var policy = RendezvousHashPolicy()
    policy.noteMembers(
      (0..<3).map { PolicyMember(id: WorkerID(number: $0), url: "http://10.0.0.1:8000") })
    for key in 0..<20 {
      #expect(Pool(ids: 0..<3).id(for: Fleet.request(session: "\(key)"), by: &policy) == 2)
      #expect(Pool(ids: 0..<2).id(for: Fleet.request(session: "\(key)"), by: &policy) == 1)
    }
  }

  /// Keys around the word length, URLs of several lengths, one after the other in one policy.
  @Test func `a score is the hash of key, colon and URL, whatever their lengths`() {
    let members = (0..<40).map {
      PolicyMember(
        id: WorkerID(number: UInt32($0)), url: "http://h" + String(repeating: "x", count: $0 / 4))
    }
    var names = MemberNames()
    names.update(members)
    for length in Array(1...40) + [4096, 3] {
      let key = Array(repeating: UInt8(ascii: "k"), count: length)
      names.withScores(of: key[...]) { scores in
        for member in members {
          let whole = key + [UInt8(ascii: ":")] + Array(member.url.utf8)
          #expect(scores.score(member.id) == whole.withUnsafeBytes { FBIHash.hash($0) })
        }
        #expect(scores.score(WorkerID(number: 99)) == nil)
      }
    }
  }

  @Test func `a candidate that is no member is passed over`() {
    var policy = Self.policy(0..<3)
    for key in 0..<50 {
      let id = Pool(ids: 0..<6).id(for: Fleet.request(session: "\(key)"), by: &policy)
      #expect((id ?? 9) < 3)
    }
  }
}
