/// What a front end has seen of HTTP/2; plain numbers of its loop.
struct HTTP2Figures {
  /// Open connections.
  var connections = 0
  /// Live streams.
  var streams = 0
  /// Streams that were ever opened.
  var streamsOpened = 0
  /// Streams that clients ended before their time.
  var resetsByClients = 0
  /// Streams that were ended here before their time.
  var resetsByRouter = 0
  /// Of these, the ones whose client did not take its answer.
  var stalls = 0

  /// Adds what another front end has seen.
  mutating func add(_ other: HTTP2Figures) {
    connections += other.connections
    streams += other.streams
    streamsOpened &+= other.streamsOpened
    resetsByClients &+= other.resetsByClients
    resetsByRouter &+= other.resetsByRouter
    stalls &+= other.stalls
  }
}
