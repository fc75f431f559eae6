import EventLoop
import Testing
import Vocabulary

/// A loop for one test, which fails the test instead of hanging.
final class LoopHarness: LoopTimerHandler {
  let loop: LibUVLoop
  private(set) var didTimeOut = false
  private var listeners: [any Listener] = []

  init(loop: LibUVLoop = LibUVLoop()) {
    self.loop = loop
  }

  /// Runs until somebody stops the loop; records an issue after `patience`.
  func run(
    patience: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let timer = loop.makeTimer()
    timer.arm(after: patience, for: self)
    loop.run()
    #expect(!didTimeOut, "the loop was never stopped", sourceLocation: sourceLocation)
    #expect(loop.counters.openStreams == 0, sourceLocation: sourceLocation)
  }

  func timerDidFire(_ timer: any LoopTimer) {
    didTimeOut = true
    loop.stop()
  }

  /// Listens on a free port of `host`; `accept` gives each stream its handler.
  func listen(
    host: String = "127.0.0.1", options: ListenerOptions = ListenerOptions(),
    accept: @escaping (any ByteStream) -> Void
  ) throws -> HostAndPort {
    let listener = try loop.listen(
      on: HostAndPort(host: host, port: 0), options: options, handler: Acceptor(accept))
    listeners.append(listener)
    #expect(listener.address.port != 0)
    return listener.address
  }

  /// Connects with a generous time-out.
  @discardableResult
  func connect(
    to peer: HostAndPort, timeout: Duration = .seconds(20),
    options: StreamOptions = StreamOptions(), _ handler: Recorder
  ) -> any ByteStream {
    loop.connect(to: peer, timeout: timeout, options: options, handler: handler)
  }

  func closeListeners() {
    for listener in listeners { listener.close() }
  }

  /// Stops the loop once all of `recorders` have heard their streams' ends.
  func stopWhenClosed(_ recorders: Recorder...) {
    for recorder in recorders {
      let before = recorder.onClose
      recorder.onClose = { [loop] stream, reason in
        before?(stream, reason)
        if recorders.allSatisfy({ !$0.closeReasons.isEmpty }) { loop.stop() }
      }
    }
  }
}

/// A listener's handler made of a closure.
final class Acceptor: ListenerHandler {
  private let accept: (any ByteStream) -> Void

  init(_ accept: @escaping (any ByteStream) -> Void) {
    self.accept = accept
  }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    accept(stream)
  }
}
