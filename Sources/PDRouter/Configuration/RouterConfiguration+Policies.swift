internal import Policies
internal import Vocabulary

// Which policies a configuration means, and what is wrong with what it says of them.
extension RouterConfiguration {
  /// The policy that chooses among workers of `role`: `prefill`, or else whoever serves.
  func policy(of role: Role) -> PolicyName {
    guard isDisaggregated else { return policy }
    return (role == .prefill ? prefillPolicy : decodePolicy) ?? policy
  }

  /// What all loops' policies are to share.
  func makePolicyMemory() -> PolicyMemory { PolicyMemory(settings: policySettings) }

  func policyFaults() -> [String] {
    let settings = policySettings
    var faults: [String] = []
    func need(_ holds: Bool, _ sentence: String) {
      if !holds { faults.append(sentence) }
    }
    need((0...1).contains(settings.cacheThreshold), "--cache-threshold must be from 0 to 1")
    need(
      settings.balanceAbsoluteThreshold >= 0, "--balance-abs-threshold must not be negative")
    need(
      settings.balanceRelativeThreshold >= 1 && settings.balanceRelativeThreshold.isFinite,
      "--balance-rel-threshold must be at least 1")
    need(settings.evictionInterval > .zero, "--eviction-interval-secs must be greater than 0")
    need(settings.maxTreeSize > 0, "--max-tree-size must be greater than 0")
    return faults
  }
}
