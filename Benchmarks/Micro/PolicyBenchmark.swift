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

/// Chooses through the existential, as a loop does, among workers whose loads differ, for requests
/// of 64 sessions and prefixes by turns.
private func chooseRepeatedly(_ name: PolicyName, among workers: Int, iterations: Int) {
  var policy = name.make()
  var generator = SplitMix64(seed: 1)
  let pool = (0..<workers).map { number in
    WorkerSnapshot(
      id: WorkerID(number: UInt32(number)), role: .both, requestsInFlight: 3 + number % 4,
      tokensInFlight: TokenCount(1000 + number % 8))
  }
  policy.noteMembers(
    pool.map { PolicyMember(id: $0.id, url: "http://10.0.0.\($0.id.number):8000") })
  let requests = (0..<64).map { request(number: $0, needs: name.needs) }
  for (place, request) in requests.enumerated() {
    policy.noteRouted(request, to: pool[place % workers].id)
  }
  var sum = 0
  pool.withUnsafeBufferPointer { candidates in
    for iteration in 0..<iterations {
      let choice = policy.choose(
        for: requests[iteration & 63], among: candidates, using: &generator)
      sum &+= choice?.index ?? 0
    }
  }
  precondition(sum >= 0)
}

/// A request of 512 tokens that says what the policy needs to know.
private func request(number: Int, needs: PolicyNeeds) -> RequestTraits {
  var request = RequestTraits(promptTokens: TokenCount(512))
  if needs.contains(.session) {
    request.session = SessionKey(
      source: "header:x-session-id:", value: "01890a5d-ac96-774b-bcce-b302099a80\(10 + number)".utf8
    )
  }
  if needs.contains(.prefix) {
    request.prefix.hashes = (0..<4).map { SplitMix64.mix(UInt64(number * 4 + $0)) }
  }
  return request
}
