import EventLoop
import KVTransfer
import Simulation
import Testing
import Policies
import Vocabulary

@testable import PDRouter

/// A router loop with scripted engines and raw clients, all in virtual time.
final class RouterWorld {
  let world: SimulatedWorld
  let routerHost: SimulatedHost
  let clientHost: SimulatedHost
  let registry: WorkerRegistry
  let router: RouterLoop
  let metrics = LoopMetrics()
  let access: ClientAccess
  private(set) var engines: [ScriptedEngine] = []
  private(set) var engineHosts: [SimulatedHost] = []
  private let book = RecordBook()
  let address = HostAndPort(host: "router", port: 80)

  /// A router for workers of `roles` at `w0`, `w1`, …, each an engine that answers 200 `ok`.
  init(
    _ roles: [Role] = [.both], seed: UInt64 = 1,
    conditions: NetworkConditions = NetworkConditions(),
    details: [Int: WorkerDetails] = [:],
    configure: (inout RouterConfiguration) -> Void = { _ in }
  ) {
    world = SimulatedWorld(seed: seed, conditions: conditions)
    routerHost = world.makeHost("router")
    clientHost = world.makeHost("client")
    var configuration = RouterConfiguration()
    configuration.policy = .roundRobin
    configuration.isDisaggregated = roles.contains { $0 != .both }
    configuration.workerProtocol.prefersHTTP2 = WorldProtocol.isHTTP2
    configure(&configuration)
    registry = makeRegistry(
      roles, details: details, key: configuration.clients.workerKey.map { WorkerKey($0) })
    access = ClientAccess(configuration)
    router = RouterLoop(
      loop: routerHost.loop, configuration: configuration, registry: registry, metrics: metrics,
      seed: seed, access: access)
    router.routeObserver = book
    routerHost.loop.handler = MailReader(router)
    for place in roles.indices {
      let host = world.makeHost("w\(place)")
      engineHosts.append(host)
      engines.append(ScriptedEngine(on: host) { _ in [.send(RouterWorld.ok)] })
    }
    do throws(StreamError) {
      try router.listen(on: address, sharesPort: false)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  deinit {
    // Requests that a test left alone hold the router, and the router its loop's timers.
    router.abort()
  }

  /// An engine's plain answer.
  static let ok = answer("ok")

  /// An answer with a length.
  static func answer(_ body: String, status: Int = 200, _ fields: String = "") -> String {
    "HTTP/1.1 \(status) X\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
  }

  /// The records of ended requests.
  var records: [RouteRecord] { book.records }
  /// The ids of ended requests.
  var requestIDs: [String] { book.requestIDs }

  /// A client that begins its script now.
  func client(
    _ steps: ClientScript.Step..., configure: (inout ClientScript) -> Void = { _ in }
  ) -> SimulatedClient {
    client(steps, configure: configure)
  }

  /// A client that begins its script now.
  func client(
    _ steps: [ClientScript.Step], configure: (inout ClientScript) -> Void = { _ in }
  ) -> SimulatedClient {
    var script = ClientScript(steps)
    configure(&script)
    return SimulatedClient(on: clientHost.loop, to: address, script)
  }

  /// Sends `text` on a connection of its own, and gives what came until the answer stopped coming.
  func fetch(_ text: String, within limit: Duration = .seconds(4)) -> [HTTPAnswer] {
    let client = client(.send(Array(text.utf8)))
    _ = world.run(within: limit) {
      client.isClosed || HTTPAnswer.all(in: client.record.bytes).last?.isComplete == true
    }
    let answers = HTTPAnswer.all(in: client.record.bytes)
    client.hangUp(.close)
    return answers
  }

  /// Bytes of bodies that the router has taken from clients and that no worker has taken yet, those
  /// in its sockets' buffers aside.
  var bufferedUploadBytes: Int {
    router.pools.reduce(0) { $0 + ($1?.bufferedByteCount ?? 0) } + router.untakenBodyBytes
  }

  /// Runs until `client` got `count` whole answers; false when it did not.
  @discardableResult
  func awaitAnswers(
    _ count: Int, _ client: SimulatedClient, within limit: Duration = .seconds(10)
  ) -> Bool {
    world.run(within: limit) {
      let answers = HTTPAnswer.all(in: client.record.bytes)
      return answers.count >= count && answers[count - 1].isComplete
    }
  }

  /// How long the ended request of that number took.
  func duration(of number: Int = 0) -> Duration {
    records[number].endedAt - records[number].receivedAt
  }

  /// Lets probes find a worker healthy, or not.
  func setHealthy(_ isHealthy: Bool, _ number: Int) {
    _ = registry.workers[number].setHealthy(isHealthy, now: world.now)
    registry.noteChange()
  }

  /// Expects that nothing of any request is left: no load, no handle, no request.
  func expectNothingLeft(_ location: SourceLocation = #_sourceLocation) {
    #expect(router.liveRequests == 0, sourceLocation: location)
    #expect(router.admitted == (0, 0), sourceLocation: location)
    #expect(router.waiting.isEmpty, sourceLocation: location)
    #expect(router.liveHandles == 0, sourceLocation: location)
    for worker in registry.workers {
      #expect(worker.requestsInFlight == 0 && worker.tokensInFlight == 0, sourceLocation: location)
    }
    let counts = router.handleCounts
    #expect(counts.held == counts.settled, sourceLocation: location)
    #expect(
      counts.begun == counts.abandoned + counts.held + counts.empty, sourceLocation: location)
  }
}

/// A request with a JSON body and the fields that it needs.
func post(_ path: String, _ body: String, _ fields: String = "") -> String {
  "POST \(path) HTTP/1.1\r\nhost: r\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

/// A request without a body.
func get(_ path: String, _ fields: String = "", method: String = "GET") -> String {
  "\(method) \(path) HTTP/1.1\r\nhost: r\r\n\(fields)\r\n"
}

/// A body that may be split into prefill and decode.
let chatBody = #"{"model":"m","messages":[{"role":"user","content":"Hi there"}],"max_tokens":8}"#
