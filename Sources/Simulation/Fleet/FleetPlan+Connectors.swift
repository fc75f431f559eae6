internal import KVTransfer
internal import PDRouter

extension FleetPlan {
  /// The same fleet with engines that speak `connector`, and a router that speaks with them.
  package func speaking(_ connector: EngineConnector) -> FleetPlan {
    var plan = self
    plan.engine.connector = connector
    switch connector {
    case .nixlPull, .nixlPush: plan.router.connector = .nixl
    case .mooncake:
      plan.router.connector = .mooncake
      // Mooncake's engines must be asked for their names before a request can be split.
      plan.watchesWorkers = true
    case .moriioRead, .moriioWrite:
      plan.router.connector = .moriio
      plan.router.connectorOptions.moriioWrites = connector == .moriioWrite
    case .sglang: plan.router.connector = .sglang
    }
    return plan
  }
}
