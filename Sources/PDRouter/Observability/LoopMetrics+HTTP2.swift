internal import Wire

// What is counted of HTTP/2 with clients.
extension LoopMetrics {
  /// A connection was ended before its time.
  func count(_ fault: ConnectionFault) {
    let label = fault.label.description
    let labels = HTTP2ConnectionEnding.labels
    guard let place = labels.firstIndex(where: { $0.description == label }) else {
      preconditionFailure("every ending has a counter: \(label)")
    }
    endedConnections.add(to: place)
  }

  /// Takes over what front ends have seen.
  func note(_ figures: HTTP2Figures) {
    http2.set(figures.connections, at: HTTP2Figure.connections.rawValue)
    http2.set(figures.streams, at: HTTP2Figure.streams.rawValue)
    http2.set(figures.streamsOpened, at: HTTP2Figure.streamsOpened.rawValue)
    http2.set(figures.resetsByClients, at: HTTP2Figure.resetsByClients.rawValue)
    http2.set(figures.resetsByRouter, at: HTTP2Figure.resetsByRouter.rawValue)
    http2.set(figures.stalls, at: HTTP2Figure.stalls.rawValue)
  }
}
