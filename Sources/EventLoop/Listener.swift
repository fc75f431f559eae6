public import Vocabulary

/// A listening socket, confined to its loop's thread.
public protocol Listener: AnyObject {
  /// The bound address, with the real port when 0 was asked for.
  var address: HostAndPort { get }

  /// Stops accepting and closes the socket; accepted streams live on.
  func close()
}

/// Who hears of accepted streams.
public protocol ListenerHandler: AnyObject {
  /// A connection was accepted; it is reading. Set `stream.handler` before returning.
  func listener(_ listener: any Listener, didAccept stream: any ByteStream)

  /// A connection could not be accepted, mostly for want of file descriptors: it was closed at
  /// once, or accepting pauses.
  func listenerDidFail(_ listener: any Listener)
}

extension ListenerHandler {
  /// Does nothing.
  public func listenerDidFail(_ listener: any Listener) {}
}

/// How a listener behaves.
public struct ListenerOptions: Sendable {
  /// Pending connections the kernel keeps for us; beyond it SYNs are dropped and retried by
  /// clients.
  public var backlog: Int32 = 4096
  /// Lets several loops listen on one port; the kernel spreads connections over them.
  public var sharesPort = false
  /// Options of each accepted stream.
  public var stream = StreamOptions()

  /// The defaults.
  public init() {}
}
