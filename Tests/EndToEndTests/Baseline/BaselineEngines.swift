import Dispatch
import EventLoop
import Synchronization
import Vocabulary

/// `BaselineEngine`s on a thread of their own.
final class BaselineEngines: Sendable {
  /// Where they listen.
  let addresses: [HostAndPort]
  private let thread: LoopThread
  private let waker: any LoopWaker

  /// Starts an engine of each manner; nil when a port cannot be opened.
  init?(_ manners: [BaselineEngine.Manner]) {
    let box = Box()
    thread = LoopThread.start(name: "engines") { loop in
      let keeper = Keeper(manners, on: loop)
      loop.handler = keeper
      box.started.withLock { $0 = (loop.waker, keeper.engines.map(\.address)) }
      box.isReady.signal()
      loop.run()
    }
    box.isReady.wait()
    guard let ready = box.started.withLock({ $0 }), ready.addresses.count == manners.count else {
      return nil
    }
    waker = ready.waker
    addresses = ready.addresses
  }

  /// Stops them and waits for the thread's end.
  func stop() {
    waker.wake()
    thread.join()
  }

  private final class Box: Sendable {
    let started = Mutex<(waker: any LoopWaker, addresses: [HostAndPort])?>(nil)
    let isReady = DispatchSemaphore(value: 0)
  }

  private final class Keeper: LoopHandler {
    private(set) var engines: [BaselineEngine] = []

    init(_ manners: [BaselineEngine.Manner], on loop: LibUVLoop) {
      for (number, manner) in manners.enumerated() {
        if let engine = try? BaselineEngine("e\(number)", manner, on: loop) {
          engines.append(engine)
        }
      }
    }

    func loopDidWake(_ loop: any Loop) {
      for engine in engines { engine.stop() }
      loop.stop()
    }

    func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
  }
}
