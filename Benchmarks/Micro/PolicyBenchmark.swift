import Policies
import Vocabulary

/// One choice of each policy among 2 and among 256 workers; a choice handles no bytes.
func policyBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  PolicyName.allCases.flatMap { policy in
    [2, 256].map { workers in
      var chooser: PolicyChooser?
      return (
        name: "policy \(policy.rawValue) \(workers) workers", bytes: 0,
        run: { iterations in
          if chooser == nil { chooser = PolicyChooser(policy, among: workers) }
          chooser?.choose(iterations)
        }
      )
    }
  }
}

/// A policy that knows its members, and requests for it. Made once for all rounds: putting 256
/// workers on a hash ring takes as long as some ten thousand choices.
private final class PolicyChooser {
  private var policy: any Policy
  private let pool: [WorkerSnapshot]
  private let requests: [RequestTraits]

  /// Workers whose loads differ, and requests of 64 sessions and prefixes.
  init(_ name: PolicyName, among workers: Int) {
    policy = name.make()
    pool = (0..<workers).map { number in
      var snapshot = WorkerSnapshot(
        id: WorkerID(number: UInt32(number)), role: .both, requestsInFlight: 3 + number % 4,
        tokensInFlight: TokenCount(1000 + number % 8))
      if name.needs.contains(.reportedLoad) {
        snapshot.reported = ReportedLoad(
          foreignRequests: number % 3, running: 4, kvUsage: Double(number % 16) / 16,
          tokensPerSecond: number % 2 == 0 ? 3000 : 0)
      }
      snapshot.cachedBlocks = name.needs.contains(.cachedBlocks) ? number % 5 : 0
      return snapshot
    }
    policy.noteMembers(
      pool.map { PolicyMember(id: $0.id, url: "http://10.0.0.\($0.id.number):8000") })
    requests = (0..<64).map { PolicyChooser.request(number: $0, needs: name.needs) }
    for (place, request) in requests.enumerated() {
      policy.noteRouted(request, to: pool[place % workers].id)
    }
  }

  /// Chooses through the existential, as a loop does, for the requests by turns.
  func choose(_ iterations: Int) {
    var generator = SplitMix64(seed: 1)
    var sum = 0
    pool.withUnsafeBufferPointer { candidates in
      requests.withUnsafeBufferPointer { requests in
        for iteration in 0..<iterations {
          let choice = policy.choose(
            for: requests[iteration & 63], among: candidates, using: &generator)
          sum &+= choice?.index ?? 0
        }
      }
    }
    precondition(sum >= 0)
  }

  /// A request of 512 tokens that says what the policy needs to know.
  private static func request(number: Int, needs: PolicyNeeds) -> RequestTraits {
    var request = RequestTraits(promptTokens: TokenCount(512))
    if needs.contains(.session) {
      let id = "01890a5d-ac96-774b-bcce-b302099a80\(10 + number)"
      request.session = SessionKey(source: "header:x-session-id:", value: id.utf8)
    }
    if needs.contains(.prefix) {
      request.prefix.hashes = (0..<4).map { SplitMix64.mix(UInt64(number * 4 + $0)) }
    }
    return request
  }
}
