package import PDRouter
internal import Policies

/// What a `SimulatedFleet` is made of; a value, and together with the calls all that decides a run.
package struct FleetPlan: Sendable {
  /// What every choice follows from.
  package var seed: UInt64
  /// Prefill engines; with decode engines, the router splits requests.
  package var prefillCount = 0
  /// Decode engines.
  package var decodeCount = 0
  /// Engines of a single pool; none beside prefill and decode engines.
  package var wholeCount = 0
  /// Whether workers are probed and asked what must be known of them, as the program does it.
  package var watchesWorkers = false
  /// How the network behaves.
  package var conditions = NetworkConditions()
  /// The router's configuration, but for workers and pools, which follow from the counts; workers
  /// take turns unless told otherwise, so that what a test expects does not hang on draws.
  package var router = FleetPlan.inTurn
  /// Each engine's configuration, but for its names.
  package var engine = FleetPlan.smallEngine
  /// How many data-parallel ranks decode engines have; nil for as many as all others.
  package var decodeDataParallelSize: Int?

  /// A fleet of prefill and decode engines.
  package static func split(_ prefills: Int, _ decodes: Int, seed: UInt64 = 1) -> FleetPlan {
    precondition(prefills > 0 && decodes > 0, "a split fleet has both kinds")
    var plan = FleetPlan(seed: seed)
    plan.prefillCount = prefills
    plan.decodeCount = decodes
    return plan
  }

  /// A fleet with a single pool.
  package static func pool(_ engines: Int, seed: UInt64 = 1) -> FleetPlan {
    precondition(engines > 0, "a pool has engines")
    var plan = FleetPlan(seed: seed)
    plan.wholeCount = engines
    return plan
  }

  private init(seed: UInt64) {
    self.seed = seed
  }

  private static var inTurn: RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.policy = .roundRobin
    return configuration
  }

  /// An engine with a cache of 16,384 tokens: many of them fit into a test.
  package static var smallEngine: EngineConfiguration {
    var configuration = EngineConfiguration()
    configuration.cost.kvTokens = 16_384
    configuration.maxModelLength = 16_384
    return configuration
  }
}
