internal import Policies
internal import Vocabulary

// Two settings say together who decides: a threshold alone means that it decides.
extension RouterConfiguration {
  /// Who decides which requests are split.
  var effectiveDecider: DeciderName {
    decider ?? ((minimumPrefillTokens ?? .zero) > .zero ? .threshold : .off)
  }

  /// A decider for one loop that has learned nothing, of a configuration that was found valid.
  func makeDecider() -> DisaggregationDecider {
    guard let minimumPrefillTokens else { return DisaggregationDecider(name: effectiveDecider) }
    return DisaggregationDecider(
      name: effectiveDecider, minimumPrefillTokens: minimumPrefillTokens)
  }

  /// What is wrong with the two settings, a sentence each.
  func deciderFaults() -> [String] {
    var faults: [String] = []
    let minimum = minimumPrefillTokens?.number
    if let minimum, minimum < 0 {
      faults.append("--pd-min-prefill-tokens must be 0 or greater, not \(minimum)")
    }
    if decider == .off, let minimum, minimum > 0 {
      faults.append("--pd-decider off splits every request: it excludes --pd-min-prefill-tokens")
    }
    if decider == .threshold, minimum == 0 {
      faults.append("--pd-decider threshold needs --pd-min-prefill-tokens greater than 0")
    }
    if !isDisaggregated, effectiveDecider != .off {
      faults.append("--pd-decider and --pd-min-prefill-tokens need --vllm-pd-disaggregation")
    }
    return faults
  }
}
