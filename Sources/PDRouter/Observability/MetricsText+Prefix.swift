internal import Policies
internal import Vocabulary

// What the prefix index knows, how well, and what came of it; no series where nobody asks it.
extension MetricsText {
  /// One of the prefix index's metrics.
  mutating func prefix(_ name: MetricName) {
    guard let prefixes else { return }
    switch name {
    case .prefixDecisions: decisions(name)
    case .prefixPredictionError:
      for worker in workers {
        line(name, worker.metricLabel, worker.prefixPredictionError)
      }
    case .treeSize:
      each(name, of: workers) { prefixes.blocks(heldBy: $0.id) * PrefixChain.blockBytes }
    case .prefixIndexBytes: line(name, "", prefixes.bytes)
    case .prefixIndexEvictions: line(name, "", prefixes.evicted)
    default: preconditionFailure("\(name) is not about the prefix index")
    }
  }

  private mutating func decisions(_ name: MetricName) {
    let isSplit = workers.contains { $0.role == .prefill }
    for leg in PolicyLeg.allCases {
      // The baseline's words for the same.
      let stage = leg == .prefill ? "prefill" : isSplit ? "decode" : "regular"
      let first = leg == .prefill ? 0 : ChoiceReason.allCases.count
      for reason in ChoiceReason.allCases {
        let sum = loops.reduce(0) {
          $0 + $1.prefixDecisions.value(at: first + Int(reason.rawValue))
        }
        guard sum > 0 else { continue }
        let policy = PolicyName.cacheAware.rawValue
        line(
          name, "policy=\"\(policy)\",stage=\"\(stage)\",outcome=\"\(reason.name)\"", sum)
      }
    }
  }
}
