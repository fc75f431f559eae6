public import EventLoop
public import Vocabulary

// Where clients connect, and what is known of their connections.
extension RouterLoop {
  /// Opens a port for clients.
  ///
  /// - Returns: the bound address.
  /// - Throws: `StreamError.bindFailed`.
  @discardableResult
  public func listen(
    on address: HostAndPort, sharesPort: Bool
  ) throws(StreamError) -> HostAndPort {
    let frontend = Frontend(
      loop: loop, handler: self, limits: configuration.limits, timeouts: configuration.timeouts)
    frontend.sharedCount = access.connections
    frontend.crossOrigin = crossOrigin
    frontend.http2 = configuration.http2
    if security.shared.servesClients { frontend.security = security }
    let bound = try frontend.listen(on: address, sharesPort: sharesPort)
    frontends.append(frontend)
    return bound
  }

  /// Counts a front end's connections among those that are waited for at the end.
  func add(_ frontend: Frontend) {
    frontends.append(frontend)
  }

  /// Counts a connection that was ended before its time, and says so in the log.
  public func didEndConnection(_ fault: ConnectionFault) {
    metrics.count(fault)
    connectionLog?.note(fault, now: loop.now)
  }

  /// Takes over what the front ends have counted.
  func noteClientConnections() {
    metrics.noteConnections(clientConnections)
    var sum = HTTP2Figures()
    for frontend in frontends { sum.add(frontend.http2Figures) }
    metrics.note(sum)
  }
}
