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

  /// Starts the engines that `make` makes on the thread's loop; nil when one cannot open its port.
  init?(_ make: @escaping @Sendable (LibUVLoop) throws -> [any KeptEngine]) {
    let box = Box()
    thread = LoopThread.start(name: "engines") { loop in
      let keeper = EngineKeeper((try? make(loop)) ?? [])
      loop.handler = keeper
      box.started.withLock { $0 = (loop.waker, keeper.engines.map(\.address)) }
      box.isReady.signal()
      loop.run()
    }
    box.isReady.wait()
    guard let ready = box.started.withLock({ $0 }) else { return nil }
    waker = ready.waker
    addresses = ready.addresses
  }

  /// Starts `count` simulated engines, the first of them with `fault`; they speak TLS where
  /// `security` is given.
  convenience init?(
    count: Int, fault: EngineFault.Kind? = nil, security: TransportSecurity? = nil
  ) {
    self.init { loop in
      try (0..<count).map { number in
        var configuration = FleetPlan.smallEngine
        configuration.engineID = "engine-\(number)"
        configuration.sideChannelPort = 0
        let engine = try SimulatedEngine(
          loop: loop, configuration: configuration,
          listen: HostAndPort(host: "127.0.0.1", port: 0), created: 1_700_000_000,
          security: security)
        if number == 0, let fault { engine.faults.add(EngineFault(fault)) }
        return engine
      }
    }
    guard addresses.count == count else { return nil }
  }

  /// Stops the engines and waits for the thread's end.
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
  let engines: [any KeptEngine]

  init(_ engines: [any KeptEngine]) {
    self.engines = engines
  }

  func loopDidWake(_ loop: any Loop) {
    for engine in engines { engine.stop() }
    loop.stop()
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
}
