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
    WorkerSnapshot(
      id: WorkerID(number: UInt32(number)), role: .both, requestsInFlight: 3 + number % 4,
      tokensInFlight: TokenCount(1000 + number % 8))
  }
  let request = RequestTraits(promptTokens: TokenCount(512))
  var sum = 0
  pool.withUnsafeBufferPointer { candidates in
    for _ in 0..<iterations {
      let choice = policy.choose(for: request, among: candidates, using: &generator)
      sum &+= choice?.index ?? 0
    }
  }
  precondition(sum >= 0)
}
