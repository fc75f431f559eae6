/// Why a request was split, or was not: one word for logs and metrics.
public enum DisaggregationReason: UInt8, Sendable, CaseIterable {
  /// Not split: the prompt is shorter than the threshold.
  case shortPrompt
  /// Not split: of a longer prompt, decode holds all but less than the threshold.
  case mostlyCached
  /// Split: decode would compute as much as the threshold, or more.
  case longPrompt
  /// Not split: decode alone is expected to cost no more.
  case decodeCheaper
  /// Split: prefill and the hand-over are expected to cost less.
  case prefillCheaper
  /// Either: the costs are not known yet, so the threshold has decided.
  case learning
  /// Either: against the better-known way, so that the other one gets known.
  case exploring
  /// Split: nobody decides.
  case deciderOff
  /// Split: the decode engine cannot compute a prompt.
  case cannotPrefill
  /// Not split: there is no prefill worker to choose.
  case noPrefillWorker

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .shortPrompt: "short_prompt"
    case .mostlyCached: "mostly_cached"
    case .longPrompt: "long_prompt"
    case .decodeCheaper: "decode_cheaper"
    case .prefillCheaper: "prefill_cheaper"
    case .learning: "learning"
    case .exploring: "exploring"
    case .deciderOff: "decider_off"
    case .cannotPrefill: "cannot_prefill"
    case .noPrefillWorker: "no_prefill_worker"
    }
  }
}
