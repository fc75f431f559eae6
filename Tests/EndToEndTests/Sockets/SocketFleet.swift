import EventLoop
import KVTransfer
import PDRouter
import Policies
import Simulation
import Vocabulary

/// Router, engines and clients on one real loop; stops it when all is over, or after ten seconds.
final class SocketFleet {
  /// What it came to; complete once the loop has stopped.
  private(set) var result = SocketRun()
  private let plan: SocketPlan
  private let loop: LibUVLoop
  private let registry = WorkerRegistry()
  private var engines: [SimulatedEngine] = []
  private let router: RouterLoop
  private let address: HostAndPort
  private var clients: [SocketClient] = []
  private var openClients = 0
  private let timer: any LoopTimer
  private var deadline = Instant.zero

  init(_ plan: SocketPlan, on loop: LibUVLoop) throws(StreamError) {
    self.plan = plan
    self.loop = loop
    timer = loop.makeTimer()
    var configuration = RouterConfiguration()
    configuration.policy = .roundRobin
    configuration.isDisaggregated = plan.wholeCount == 0
    configuration.workerProtocol.prefersHTTP2 = plan.isHTTP2
    let roles =
      Array(repeating: Role.prefill, count: plan.prefillCount)
      + Array(repeating: Role.decode, count: plan.decodeCount)
      + Array(repeating: Role.both, count: plan.wholeCount)
    for (number, role) in roles.enumerated() {
      let engine = try SocketFleet.makeEngine(number, on: loop)
      engines.append(engine)
      guard let url = try? WorkerURL("http://\(engine.address)") else {
        preconditionFailure("an address is a URL's")
      }
      registry.add(url, role: role)
    }
    router = RouterLoop(
      loop: loop, configuration: configuration, registry: registry, metrics: LoopMetrics(), seed: 1)
    address = try router.listen(on: SocketFleet.anyPort, sharesPort: false)
  }

  private static let anyPort = HostAndPort(host: "127.0.0.1", port: 0)

  private static func makeEngine(
    _ number: Int, on loop: LibUVLoop
  ) throws(StreamError) -> SimulatedEngine {
    var configuration = FleetPlan.smallEngine
    configuration.engineID = "engine-\(number)"
    configuration.sideChannelPort = 0
    configuration.cost.speed = 10
    return try SimulatedEngine(
      loop: loop, configuration: configuration, listen: anyPort, created: 1_700_000_000)
  }

  /// Lets every client begin.
  func start() {
    if let fault = plan.fault { engines[fault.engine].faults.add(EngineFault(fault.kind)) }
    result.visits = engines.map { _ in [] }
    for (number, engine) in engines.enumerated() {
      engine.whenVisited = { [weak self] in self?.result.visits[number].append($0) }
    }
    openClients = plan.calls.count
    clients = plan.calls.enumerated().map { number, call in
      SocketClient(
        on: loop, to: address, sending: call.bytes(number: number),
        hangUpAfter: call.hangUpAfter
      ) { [weak self] in self?.openClients -= 1 }
    }
    deadline = loop.now + .seconds(10)
    timer.arm(after: .milliseconds(5), for: self)
  }

  private var isSettled: Bool {
    openClients == 0 && router.liveRequests == 0 && router.liveHandles == 0
      && router.clientConnections == 0
      && engines.allSatisfy { $0.isDead || $0.liveRequests == 0 && $0.scheduler.figures == .zero }
  }

  private func end() {
    result.answers = clients.map(\.answers)
    result.exports = engines.map { $0.scheduler.exports.counts }
    result.handles = router.handleCounts
    if openClients > 0 { result.faults.append("\(openClients) clients hang") }
    if router.liveRequests > 0 { result.faults.append("\(router.liveRequests) requests live") }
    if router.liveHandles > 0 { result.faults.append("\(router.liveHandles) handles live") }
    for worker in registry.workers where worker.requestsInFlight + worker.tokensInFlight != 0 {
      result.faults.append("\(worker.url) is left reserved")
    }
    for engine in engines {
      let figures = engine.scheduler.figures
      if !engine.isDead, figures != .zero { result.faults.append("engine keeps \(figures)") }
      let misuses = engine.scheduler.exports.counts.misuses
      if misuses > 0 { result.faults.append("\(misuses) misuses") }
    }
    router.abort()
    for engine in engines { engine.kill() }
    loop.stop()
  }
}

extension SocketFleet: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    if isSettled || loop.now > deadline {
      end()
    } else {
      timer.arm(after: .milliseconds(5), for: self)
    }
  }
}
