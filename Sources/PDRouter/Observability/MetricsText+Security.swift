internal import Wire

// TLS: handshakes, and certificates that will end.
extension MetricsText {
  mutating func security(_ name: MetricName) {
    switch name {
    case .tlsHandshakes: handshakes(name)
    case .tlsResumptions:
      for side in TLSSide.allCases {
        let sum = loops.reduce(0) { $0 + $1.resumedHandshakes.value(at: side.rawValue) }
        line(name, "side=\"\(side.name)\"", sum)
      }
    case .tlsCertificateEnd:
      for certificate in program?.certificates ?? [] {
        line(name, "file=\"\(MetricsText.escaped(certificate.file))\"", certificate.endsAt)
      }
    default: preconditionFailure("\(name) is not about TLS")
    }
  }

  /// Completed ones, and one series for each kind of failure that has occurred.
  private mutating func handshakes(_ name: MetricName) {
    let kinds = 1 + TLSFailure.labels.count
    for side in TLSSide.allCases {
      for kind in 0..<kinds {
        let sum = loops.reduce(0) { $0 + $1.handshakes.value(at: side.rawValue * kinds + kind) }
        guard kind == 0 || sum > 0 else { continue }
        let result = kind == 0 ? "completed" : TLSFailure.labels[kind - 1]
        line(name, "side=\"\(side.name)\",result=\"\(result)\"", sum)
      }
    }
  }
}
