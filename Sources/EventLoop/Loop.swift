public import Vocabulary

/// One thread's source of events: sockets, timers, signals, and waking from other threads.
///
/// Everything it makes is confined to its thread; only a `LoopWaker` may leave it. All callbacks
/// come on that thread and never from inside a call into the loop, except `ByteStreamHandler`
/// methods as documented. Bytes written in one wake-up leave together at its end (one `writev` a
/// stream). Implementations: `LibUVLoop` (sockets, real time) and `SimulatedLoop` (virtual time).
public protocol Loop: AnyObject {
  /// The monotonic time of this wake-up; read once per wake-up, free to ask for.
  var now: Instant { get }

  /// Opens a listening socket; `handler` gets each accepted stream.
  ///
  /// - Throws: `StreamError` when the address cannot be bound.
  func listen(
    on address: HostAndPort, options: ListenerOptions, handler: any ListenerHandler
  ) throws(StreamError) -> any Listener

  /// Starts a connection: resolves the name (cached; off the loop), tries its addresses in turn.
  ///
  /// Returns at once; `handler` hears `streamDidConnect` or `streamDidClose` within `timeout`.
  /// Never calls `handler` before it has returned.
  func connect(
    to peer: HostAndPort, timeout: Duration, options: StreamOptions,
    handler: any ByteStreamHandler
  ) -> any ByteStream

  /// A timer, not yet armed.
  func makeTimer() -> any LoopTimer

  /// Calls `handler` once at the end of this wake-up, before what was written in it leaves; held
  /// until then.
  ///
  /// Those who ask meanwhile are called after those who asked before. From outside of any wake-up
  /// it is the next one's end; after the loop's end, nothing.
  func callAtWakeUpEnd(_ handler: any WakeUpEndHandler)

  /// The handle by which other threads wake this loop.
  var waker: any LoopWaker { get }

  /// Who hears wakers and signals.
  var handler: (any LoopHandler)? { get set }

  /// Makes SIGTERM, SIGINT, SIGHUP … (by number) arrive at `handler`.
  func watchSignal(_ number: Int32)

  /// Runs until `stop` is called; the calling thread becomes the loop's.
  func run()

  /// Ends `run` at the end of this wake-up.
  func stop()
}

/// Who hears what concerns a loop as a whole.
public protocol LoopHandler: AnyObject {
  /// Another thread called `wake`; several wakes may arrive as one.
  func loopDidWake(_ loop: any Loop)
  /// A watched signal arrived.
  func loop(_ loop: any Loop, didReceiveSignal number: Int32)
}

/// Wakes a loop from any thread.
public protocol LoopWaker: AnyObject, Sendable {
  /// Makes the loop call `loopDidWake` soon; cheap when a wake-up is already on its way.
  func wake()
}
