// What a shadow policy would have chosen, by leg; no series where nothing was compared.
extension MetricsText {
  /// One of the shadow's metrics.
  mutating func shadow(_ name: MetricName) {
    for (leg, counts) in [
      ("prefill", loops.map(\.prefillShadow)), ("serving", loops.map(\.servingShadow)),
    ] {
      func sum(_ figure: ShadowCounts.Figure) -> Int {
        counts.reduce(0) { $0 + $1.value(of: figure) }
      }
      guard sum(.decisions) > 0 else { continue }
      let label = "leg=\"\(leg)\""
      switch name {
      case .shadowDecisions: line(name, label, sum(.decisions))
      case .shadowDifferences: line(name, label, sum(.differences))
      case .shadowLoadDifference:
        line(name, "\(label),more=\"chosen\"", sum(.loadOfChosen))
        line(name, "\(label),more=\"shadow\"", sum(.loadOfShadow))
      case .shadowCachedDifference:
        line(name, "\(label),more=\"chosen\"", sum(.cachedByChosen))
        line(name, "\(label),more=\"shadow\"", sum(.cachedByShadow))
      default: preconditionFailure("\(name) is not about the shadow policy")
      }
    }
  }
}
