internal import Policies
internal import Vocabulary

// Who chooses workers, who is asked besides, and what they all must be told.
extension RouterConfiguration {
  /// The policy that chooses among workers of `role`: `prefill`, or else whoever serves.
  func policy(of role: Role) -> PolicyName {
    guard isDisaggregated else { return policy }
    return (role == .prefill ? prefillPolicy : decodePolicy) ?? policy
  }

  /// What the policies in use want to be told, the shadow included; nothing else is found out.
  var policyNeeds: PolicyNeeds {
    var needs = policy(of: .decode).needs
    if isDisaggregated { needs.formUnion(policy(of: .prefill).needs) }
    if let shadowPolicy { needs.formUnion(shadowPolicy.needs) }
    // Whether decode has most of a prompt decides whether it is worth splitting.
    if isDisaggregated, makeDecider().name != .off { needs.formUnion(.cachedBlocks) }
    return needs
  }

  /// What all loops' policies are to share; `seed` decides how prompts are hashed.
  func makePolicyMemory(seed: UInt64) -> PolicyMemory {
    var settings = policySettings
    settings.loops = loops
    settings.hashSeed = seed
    return PolicyMemory(settings: settings, hasShadow: shadowPolicy != nil)
  }

  /// The seat of the policy for `leg` on a loop of that seed, and of its shadow if there is one.
  func makeSeat(
    _ leg: LoopWorkers.Leg, sharing memory: PolicyMemory, seed: UInt64, metrics: LoopMetrics
  ) -> PolicySeat {
    let name = policy(of: leg == .prefill ? .prefill : .decode)
    let shadow = shadowPolicy.map { name in
      guard let memory = memory.shadow else {
        preconditionFailure("a shadow remembers for itself")
      }
      return ShadowPolicy(
        name.make(sharing: memory, for: leg), seed: leg == .prefill ? seed : ~seed,
        counts: leg == .prefill ? metrics.prefillShadow : metrics.servingShadow)
    }
    return PolicySeat(name.make(sharing: memory, for: leg), shadow: shadow)
  }

  /// What chooses pairs together; nil where each leg is always chosen by itself.
  func makePairChooser(_ decider: DisaggregationDecider, decodeCanPrefill: Bool) -> PairChooser? {
    guard pairChoice != .separate else { return nil }
    return PairChooser(servesWholeBelow: decodeCanPrefill ? decider.servesWholeBelow : nil)
  }

  /// What is wrong with how pairs are chosen, a sentence each.
  func pairFaults() -> [String] {
    pairChoice == nil || isDisaggregated
      ? [] : ["--pd-pair-choice needs --vllm-pd-disaggregation"]
  }

  /// What is wrong with the policies' numbers, a sentence each.
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
    return faults + soleChoiceFaults()
  }

  /// Where `power_of_two` would have fewer than two to choose from, as the baseline refuses it.
  private func soleChoiceFaults() -> [String] {
    let prefill = workers.count { $0.role == .prefill }
    let decode = workers.count { $0.role == .decode }
    let stages: [(PolicyName?, Int, String)] =
      isDisaggregated
      ? [
        (prefillPolicy, prefill, "--prefill-policy"), (decodePolicy, decode, "--decode-policy"),
        (policy, prefill + decode, "--policy"),
      ]
      // A pool that is empty at the start is filled later.
      : [(policy, workers.isEmpty ? 2 : workers.count * dataParallelSize, "--policy")]
    return stages.compactMap { policy, count, flag in
      policy == .powerOfTwo && count < 2
        ? "\(flag) power_of_two needs 2 workers or more, not \(count)" : nil
    }
  }
}
