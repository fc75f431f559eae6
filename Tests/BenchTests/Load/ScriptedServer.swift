import Dispatch
import EventLoop
import Synchronization
import Vocabulary

/// A server on a thread of its own that answers each request with the same bytes, whatever they
/// are.
final class ScriptedServer: Sendable {
  /// What it does with a request.
  struct Manner: Sendable {
    /// What it answers; empty for nothing.
    var answer = ""
    /// Whether it ends the connection after that, without having said so.
    var closes = false
  }

  /// Where it listens.
  let address: HostAndPort
  private let thread: LoopThread
  private let waker: any LoopWaker
  private let requests: Box

  /// Starts it; nil when no port can be opened.
  init?(_ manner: Manner) {
    let box = Box()
    thread = LoopThread.start(name: "server") { loop in
      let desk = Desk(manner, box)
      loop.handler = desk
      let any = HostAndPort(host: "127.0.0.1", port: 0)
      let listener = try? loop.listen(on: any, options: ListenerOptions(), handler: desk)
      box.started.withLock { $0 = listener.map { (loop.waker, $0.address) } }
      box.isReady.signal()
      loop.run()
      listener?.close()
    }
    box.isReady.wait()
    guard let (waker, address) = box.started.withLock({ $0 }) else { return nil }
    self.waker = waker
    self.address = address
    requests = box
  }

  /// Requests that came.
  var requestCount: Int { requests.count.load(ordering: .relaxed) }

  /// Ends it and waits for the thread's end.
  func stop() {
    waker.wake()
    thread.join()
  }

  final class Box: Sendable {
    let started = Mutex<(any LoopWaker, HostAndPort)?>(nil)
    let isReady = DispatchSemaphore(value: 0)
    let count = Atomic<Int>(0)
  }
}

/// Accepts, answers, and stops when woken.
private final class Desk: ListenerHandler, ByteStreamHandler, LoopHandler {
  private let manner: ScriptedServer.Manner
  private let box: ScriptedServer.Box

  init(_ manner: ScriptedServer.Manner, _ box: ScriptedServer.Box) {
    self.manner = manner
    self.box = box
  }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    stream.handler = self
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    // The run's requests here are short: each comes in one piece.
    box.count.wrappingAdd(1, ordering: .relaxed)
    if !manner.answer.isEmpty {
      Array(manner.answer.utf8).withUnsafeBytes { stream.write($0) }
    }
    if manner.closes { stream.closeAfterFlush() }
  }

  func streamDidConnect(_ stream: any ByteStream) {}

  func streamDidReadEnd(_ stream: any ByteStream) { stream.close() }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {}

  func loopDidWake(_ loop: any Loop) { loop.stop() }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
}
