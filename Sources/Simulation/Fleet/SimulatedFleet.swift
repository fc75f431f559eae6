package import EventLoop
package import PDRouter
internal import Vocabulary

/// A router, its engines and its clients in a simulated world: the whole program but for sockets.
///
/// Owns them all; everything that happens follows from the plan and the calls. `violations` says
/// what is wrong with how a run ended. Confined to one thread, as its world is.
package final class SimulatedFleet {
  /// What it was made of.
  package let plan: FleetPlan
  /// Time and network.
  package let world: SimulatedWorld
  /// The router.
  package let router: RouterLoop
  /// The workers the router knows.
  package let registry = WorkerRegistry()
  /// The machine the router runs on.
  package let routerHost: SimulatedHost
  /// The machine every client runs on.
  package let clientHost: SimulatedHost
  /// The engines: prefill first, then decode, or the pool; in order of registration.
  package let engines: [FleetEngine]
  /// What happened to prefill's answers on their way.
  let witness: FleetWitness
  /// Every request's end.
  package let journal = RouteJournal()
  /// Who takes care of the workers; nil for nobody.
  private let watch: SilentWatch?
  /// The calls so far, in the order they were asked for.
  package private(set) var calls: [FleetCall] = []

  private static let routerAddress = HostAndPort(host: "router", port: 8000)

  /// Starts engines and router.
  ///
  /// - Throws: `StreamError.bindFailed`.
  package init(_ plan: FleetPlan) throws(StreamError) {
    self.plan = plan
    let world = SimulatedWorld(seed: plan.seed, conditions: plan.conditions)
    self.world = world
    routerHost = world.makeHost(SimulatedFleet.routerAddress.host)
    clientHost = world.makeHost("clients")
    engines = try SimulatedFleet.makeEngines(plan, world)
    let decodes = engines.filter { $0.role == .decode }
    witness = FleetWitness(
      world, prefillHosts: engines.filter { $0.role == .prefill }.map(\.host),
      // Only what is pushed can be attached but once.
      decodeHosts: plan.engine.connector == .nixlPush ? decodes.map(\.host) : [])
    var configuration = plan.router
    configuration.isDisaggregated = plan.wholeCount == 0
    configuration.workers = engines.map { .init(url: $0.url, role: $0.role) }
    for engine in engines {
      guard let url = try? WorkerURL(engine.url) else {
        preconditionFailure("an engine's address is a worker's URL")
      }
      var details = WorkerDetails()
      // Where MoRI-IO's engines find each other; the simulated ones listen on one port for all.
      details.labels["zmq_address"] = engine.address.description
      let (urls, known) = configuration.workers(
        at: url, details, asks: plan.watchesWorkers)
      for url in urls { registry.add(url, role: engine.role, details: known) }
    }
    router = RouterLoop(
      loop: routerHost.loop, configuration: configuration, registry: registry,
      metrics: LoopMetrics(), seed: plan.seed)
    router.routeObserver = journal
    routerHost.loop.handler = FleetMail(router)
    watch = plan.watchesWorkers ? SilentWatch(router) : nil
    try router.listen(on: SimulatedFleet.routerAddress, sharesPort: false)
  }

  private static func makeEngines(
    _ plan: FleetPlan, _ world: SimulatedWorld
  ) throws(StreamError) -> [FleetEngine] {
    let kinds: [(Role, Int)] = [
      (.prefill, plan.prefillCount), (.decode, plan.decodeCount), (.both, plan.wholeCount),
    ]
    var engines: [FleetEngine] = []
    for (role, count) in kinds {
      var template = plan.engine
      if role == .decode, let size = plan.decodeDataParallelSize {
        template.dataParallelSize = size
      }
      for number in 0..<count {
        engines.append(
          try FleetEngine(
            name: "\(role == .both ? "engine" : role.rawValue)-\(number)", role: role,
            world: world, template: template))
      }
    }
    return engines
  }

  /// The prefill engines.
  package var prefills: [FleetEngine] { engines.filter { $0.role == .prefill } }

  /// The decode engines.
  package var decodes: [FleetEngine] { engines.filter { $0.role == .decode } }
}

// MARK: - Clients

extension SimulatedFleet {
  /// A client asks `request` of the router `after` some time, on a connection of its own.
  ///
  /// It carries the id `id`, or one made from its number; without a script of its own it waits for
  /// the server's end and closes. `change` may give it a pace or make it hang up.
  @discardableResult
  package func call(
    _ request: FleetRequest, after delay: Duration = .zero, id: String? = nil,
    script change: @escaping (inout ClientScript) -> Void = { _ in }
  ) -> FleetCall {
    let id = id ?? "call-\(calls.count)"
    return start(FleetCall(request, id: id), after: delay, change)
  }

  /// The same without an id of the client's own.
  @discardableResult
  package func callWithoutID(_ request: FleetRequest) -> FleetCall {
    start(FleetCall(request, id: nil), after: .zero) { _ in }
  }

  private func start(
    _ call: FleetCall, after delay: Duration, _ change: @escaping (inout ClientScript) -> Void
  ) -> FleetCall {
    calls.append(call)
    var script = ClientScript([
      .send(call.request.bytes(host: "router", id: call.id)), .awaitEnd, .hangUp(.close),
    ])
    change(&script)
    let loop = clientHost.loop
    world.schedule(after: delay) {
      call.client = SimulatedClient(on: loop, to: SimulatedFleet.routerAddress, script)
    }
    return call
  }
}

// MARK: - Time

extension SimulatedFleet {
  /// Runs until every call is over.
  ///
  /// - Returns: whether they all were, within `limit` of virtual time.
  @discardableResult
  package func runUntilAnswered(within limit: Duration = .seconds(120)) -> Bool {
    world.run(within: limit) { calls.allSatisfy(\.isOver) }
  }

  /// Runs until `condition` holds.
  ///
  /// - Returns: whether it did, within `limit` of virtual time.
  @discardableResult
  package func run(
    within limit: Duration = .seconds(120), until condition: () -> Bool
  ) -> Bool {
    world.run(within: limit, until: condition)
  }

  /// Lets what is under way arrive: cancellations, notices between engines.
  package func runOn(for duration: Duration = .seconds(1)) {
    world.run(for: duration)
  }

  /// Lets every idle connection and every lease come to its end; where an engine has died, also the
  /// connections to it, which only keep-alive may find dead.
  package func runUntilQuiet() {
    watch?.stop()
    let hasDied = engines.contains { !$0.isAlive || $0.lives > 1 }
    world.run(for: .seconds(hasDied ? 900 : 100))
  }
}

// MARK: - The right answer

extension SimulatedFleet {
  /// What one engine of this plan's kind, asked directly, generates for `request`.
  ///
  /// - Throws: `StreamError.bindFailed`.
  package static func directAnswer(
    to request: FleetRequest, plan: FleetPlan
  ) throws(StreamError) -> ReceivedAnswer? {
    let world = SimulatedWorld(seed: 0)
    let alone = try FleetEngine(name: "alone", role: .both, world: world, template: plan.engine)
    let call = FleetCall(request, id: "direct")
    call.client = SimulatedClient(
      on: world.makeHost("clients").loop, to: alone.address,
      ClientScript([
        .send(request.bytes(host: "alone", id: call.id)), .awaitEnd, .hangUp(.close),
      ]))
    _ = world.run(within: .seconds(1000)) { call.isOver }
    return call.answer
  }
}
