// What becomes of requests, worker by worker, and what their breakers make of it; under the
// baseline's names and words.
extension MetricsText {
  /// One of the breakers' metrics.
  mutating func breaker(_ name: MetricName) {
    switch name {
    case .breakerState: each(name, of: workers) { Int($0.breaker.state.rawValue) }
    case .breakerOutcomes:
      for worker in workers {
        let label = "worker=\"\(MetricsText.escaped(worker.url.text))\""
        line(name, "\(label),outcome=\"success\"", worker.breaker.successes)
        line(name, "\(label),outcome=\"failure\"", worker.breaker.failures)
      }
    case .breakerChanges:
      for worker in workers {
        let label = "worker=\"\(MetricsText.escaped(worker.url.text))\""
        for (place, change) in BreakerChange.all.enumerated() {
          let count = worker.breaker.count(ofChange: place)
          guard count > 0 else { continue }
          line(name, "\(label),from=\"\(change.from.name)\",to=\"\(change.to.name)\"", count)
        }
      }
    default: preconditionFailure("\(name) is not about breakers")
    }
  }
}
