public import EventLoop
public import Vocabulary

/// An open port of a simulated host.
///
/// Accepts at once, so its backlog is never full; where several share a port, each connection goes
/// to one drawn from the seed. Bound to a loopback address it hears only its own host.
public final class SimulatedListener: Listener {
  /// The address as asked for, with the port it got.
  public let address: HostAndPort
  let options: ListenerOptions
  let loop: SimulatedLoop
  private(set) var handler: (any ListenerHandler)?

  init(
    address: HostAndPort, options: ListenerOptions, loop: SimulatedLoop,
    handler: any ListenerHandler
  ) {
    self.address = address
    self.options = options
    self.loop = loop
    self.handler = handler
  }

  /// Refuses connections from now on; accepted streams live on.
  public func close() {
    guard handler != nil else { return }
    handler = nil
    if !loop.isDead { loop.host.unbind(self) }
  }

  var isLoopbackOnly: Bool {
    ["localhost", "127.0.0.1", "::1"].contains(address.host)
  }
}
