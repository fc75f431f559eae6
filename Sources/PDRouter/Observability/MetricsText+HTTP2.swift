// What concerns HTTP/2 with clients.
extension MetricsText {
  mutating func http2(_ name: MetricName) {
    switch name {
    case .http2Connections: line(name, "", sum(.connections))
    case .http2LiveStreams: line(name, "", sum(.streams))
    case .http2Streams: line(name, "", sum(.streamsOpened))
    case .http2StreamsReset:
      line(name, "by=\"client\"", sum(.resetsByClients))
      line(name, "by=\"router\"", sum(.resetsByRouter))
    case .http2StreamsStalled: line(name, "", sum(.stalls))
    case .http2ConnectionsEnded:
      for (place, label) in HTTP2ConnectionEnding.labels.enumerated() {
        let sum = loops.reduce(0) { $0 + $1.endedConnections.value(at: place) }
        line(name, "reason=\"\(label)\"", sum)
      }
    default: preconditionFailure("\(name) is not about HTTP/2")
    }
  }

  private func sum(_ figure: LoopMetrics.HTTP2Figure) -> Int {
    loops.reduce(0) { $0 + $1.http2.value(at: figure.rawValue) }
  }
}
