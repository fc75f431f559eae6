import Simulation
import Vocabulary
import Wire

@testable import PDRouter

/// One worker pool with one scripted engine, in virtual time.
final class PoolWorld {
  let world: SimulatedWorld
  let engine: ScriptedEngine
  let engineHost: SimulatedHost
  let pool: WorkerPool
  let worker: Worker
  let loop: SimulatedLoop

  init(
    conditions: NetworkConditions = NetworkConditions(),
    limits: Limits = Limits(), http2: HTTP2Settings = HTTP2Settings(),
    isEngineHTTP2: Bool = WorldProtocol.isHTTP2, isPoolHTTP2: Bool = WorldProtocol.isHTTP2,
    script: @escaping (ScriptedEngine.Request) -> [ScriptedEngine.Act] = { _ in
      [.send(RouterWorld.ok)]
    }
  ) {
    world = SimulatedWorld(seed: 1, conditions: conditions)
    loop = world.makeHost("router").loop
    engineHost = world.makeHost("w0")
    engine = ScriptedEngine(
      on: engineHost, isHTTP2: isEngineHTTP2, settings: http2, script: script)
    worker = makeRegistry([.both]).workers[0]
    var settings = WorkerProtocolSettings()
    settings.prefersHTTP2 = isPoolHTTP2
    pool = WorkerPool(
      worker: worker, loop: loop, limits: limits, timeouts: Timeouts(), speaking: settings)
  }

  /// Starts a leg and runs until it is over or `limit` has passed.
  @discardableResult
  func run(_ watcher: LegWatcher = LegWatcher(), within limit: Duration = .seconds(10))
    -> LegWatcher
  {
    let hasStarted = pool.start(watcher.leg)
    precondition(hasStarted)
    _ = world.run(within: limit) { watcher.isDone }
    return watcher
  }
}
