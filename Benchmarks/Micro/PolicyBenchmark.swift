import Policies
import Vocabulary

/// One choice of each policy among 2 and among 256 workers; a choice handles no bytes.
func policyBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  PolicyName.allCases.flatMap { policy in
    [2, 256].map { workers in
      (
        name: "policy \(policy.rawValue) \(workers) workers", bytes: 0,
        run: { chooseRepeatedly(policy, among: workers, iterations: $0) }
      )
    }
  }
}

/// Chooses through the existential, as a loop does, among workers whose loads differ.
private func chooseRepeatedly(_ name: PolicyName, among workers: Int, iterations: Int) {
  var policy = name.make()
  var generator = SplitMix64(seed: 1)
  let pool = (0..<workers).map { number in
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
  var request = RequestTraits(promptTokens: TokenCount(512))
  if name.needs.contains(.prefix) { request.prefix.hashes = [1, 2, 3, 4] }
  var sum = 0
  pool.withUnsafeBufferPointer { candidates in
    for _ in 0..<iterations {
      let choice = policy.choose(for: request, among: candidates, using: &generator)
      sum &+= choice?.index ?? 0
    }
  }
  precondition(sum >= 0)
}
