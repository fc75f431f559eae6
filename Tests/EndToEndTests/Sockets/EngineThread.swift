import Dispatch
import EventLoop
import PDRouter
import Simulation
import Synchronization
import Vocabulary

/// Engines on a thread of their own.
final class EngineThread: Sendable {
  private let thread: LoopThread
  private let waker: any LoopWaker
  /// Where the engines listen.
  let addresses: [HostAndPort]

  /// Starts `count` engines, the first of them with `fault`; nil when a port cannot be opened.
  ///
  /// They speak TLS where `security` is given.
  init?(count: Int, fault: EngineFault.Kind? = nil, security: TransportSecurity? = nil) {
    let box = Box()
    thread = LoopThread.start(name: "engines") { loop in
      let keeper = EngineKeeper(count: count, on: loop, security: security)
      if let fault { keeper.engines.first?.faults.add(EngineFault(fault)) }
      loop.handler = keeper
      box.started.withLock { $0 = (loop.waker, keeper.engines.map(\.address)) }
      box.isReady.signal()
      loop.run()
    }
    box.isReady.wait()
    guard let ready = box.started.withLock({ $0 }), ready.addresses.count == count else {
      return nil
    }
    waker = ready.waker
    addresses = ready.addresses
  }

  /// Kills the engines and waits for the thread's end.
  func stop() {
    waker.wake()
    thread.join()
  }

  private final class Box: Sendable {
    let started = Mutex<(waker: any LoopWaker, addresses: [HostAndPort])?>(nil)
    let isReady = DispatchSemaphore(value: 0)
  }
}

/// Keeps engines until the loop is woken.
private final class EngineKeeper: LoopHandler {
  private(set) var engines: [SimulatedEngine] = []

  init(count: Int, on loop: LibUVLoop, security: TransportSecurity?) {
    for number in 0..<count {
      var configuration = FleetPlan.smallEngine
      configuration.engineID = "engine-\(number)"
      configuration.sideChannelPort = 0
      let engine = try? SimulatedEngine(
        loop: loop, configuration: configuration, listen: HostAndPort(host: "127.0.0.1", port: 0),
        created: 1_700_000_000, security: security)
      if let engine { engines.append(engine) }
    }
  }

  func loopDidWake(_ loop: any Loop) {
    for engine in engines { engine.kill() }
    loop.stop()
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
}
