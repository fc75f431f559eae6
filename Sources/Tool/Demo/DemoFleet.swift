internal import EventLoop
internal import Glibc
internal import PDRouter
internal import Simulation
internal import Vocabulary

/// The demo's engines and routers, all on one loop and on free ports of this machine.
final class DemoFleet {
  let loop: LibUVLoop
  /// An engine that is asked directly, to compare with.
  let lone: SimulatedEngine
  /// The router over prefill and decode engines.
  let split: RouterLoop
  let splitAddress: HostAndPort
  /// The router over one pool.
  let single: RouterLoop
  let singleAddress: HostAndPort
  /// Which engine listens where, for display.
  let names: [String: String]
  private let engines: [SimulatedEngine]

  private static let anyPort = HostAndPort(host: "127.0.0.1", port: 0)

  /// Starts everything.
  ///
  /// - Throws: `StreamError` when a port cannot be opened.
  init(loop: LibUVLoop) throws {
    self.loop = loop
    var engines: [SimulatedEngine] = []
    var names: [String: String] = [:]
    func start(_ name: String, _ role: Role) throws -> SimulatedEngine {
      var configuration = EngineConfiguration(engineID: EngineIdentity.make())
      configuration.role = role
      configuration.sideChannelPort = 0
      // Slow enough to watch: about thirty tokens a second.
      configuration.cost.decodeStepBase = .milliseconds(30)
      let engine = try SimulatedEngine(
        loop: loop, configuration: configuration, listen: DemoFleet.anyPort,
        created: Int(time(nil)))
      engines.append(engine)
      names["http://\(engine.address)"] = name
      return engine
    }
    lone = try start("engine-0", .both)
    let prefill = [try start("prefill-1", .prefill), try start("prefill-2", .prefill)]
    let decode = [try start("decode-1", .decode), try start("decode-2", .decode)]
    let whole = [try start("engine-1", .both), try start("engine-2", .both)]
    var configuration = RouterConfiguration()
    configuration.isDisaggregated = true
    configuration.workers = (prefill + decode).map {
      .init(url: "http://\($0.address)", role: $0.configuration.role)
    }
    split = try DemoFleet.router(loop, configuration)
    splitAddress = try split.listen(on: DemoFleet.anyPort, sharesPort: false)
    configuration.isDisaggregated = false
    configuration.workers = whole.map { .init(url: "http://\($0.address)", role: .both) }
    single = try DemoFleet.router(loop, configuration)
    singleAddress = try single.listen(on: DemoFleet.anyPort, sharesPort: false)
    self.engines = engines
    self.names = names
  }

  /// KV hand-overs that went wrong, as the engines themselves count them.
  var misuses: Int { engines.reduce(0) { $0 + $1.scheduler.exports.counts.misuses } }

  /// KV that engines keep because nobody fetched it.
  var pinnedBlocks: Int { engines.reduce(0) { $0 + $1.scheduler.exports.pinnedBlocks } }

  private static func router(
    _ loop: LibUVLoop, _ configuration: RouterConfiguration
  ) throws -> RouterLoop {
    try configuration.validate()
    let registry = WorkerRegistry()
    for entry in configuration.workers {
      registry.add(try WorkerURL(entry.url), role: entry.role)
    }
    return RouterLoop(
      loop: loop, configuration: configuration, registry: registry, metrics: LoopMetrics(),
      seed: UInt64.random(in: .min ... .max))
  }
}
