internal import Vocabulary

// How much is let in, who waits, and who was refused.
extension MetricsText {
  mutating func admission(_ name: MetricName) {
    switch name {
    case .requestsInFlight: line(name, "", gate?.inFlight ?? 0)
    case .maxConcurrentRequests: line(name, "", gate?.maxConcurrentRequests ?? 0)
    case .queueDepth: line(name, "", gate?.waiting ?? 0)
    case .queueRefused:
      for refusal in AdmissionRefusal.allCases {
        let sum = loops.reduce(0) { $0 + $1.admissionRefusals.value(at: refusal.place) }
        line(name, "reason=\"\(refusal.rawValue)\"", sum)
      }
    case .refusedConnections:
      for refusal in ConnectionRefusal.allCases {
        let sum = loops.reduce(0) { $0 + $1.refusedConnections.value(at: refusal.rawValue) }
        line(name, "reason=\"\(refusal.name)\"", sum)
      }
    default: preconditionFailure("\(name) is not about admission")
    }
  }
}
