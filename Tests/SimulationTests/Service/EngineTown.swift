import EventLoop
import Simulation
import Vocabulary

/// Simulated engines as servers on hosts of their own, asked directly, without a router.
final class EngineTown {
  /// One request and what came of it.
  final class Call {
    let client: SimulatedClient
    init(_ client: SimulatedClient) { self.client = client }

    var answer: ReceivedAnswer? {
      let record = client.record
      return try? ReceivedAnswer.read(record.bytes, hasEnded: record.endedAt != nil).last
    }
    var status: Int? { answer?.status }
    var body: String { answer?.text ?? "" }
    var isWhole: Bool { answer?.isWhole ?? false }
    var generated: GeneratedAnswer { answer.map { GeneratedAnswer($0) } ?? GeneratedAnswer() }
    var text: String { generated.texts.joined() }
    /// What stands as `kv_transfer_params` in a whole answer of an OpenAI endpoint.
    var kv: String {
      guard let start = body.firstRange(of: "\"kv_transfer_params\":"),
        let end = body[start.upperBound...].firstRange(of: ",\"ec_transfer_params\"")
      else { return "" }
      return String(body[start.upperBound..<end.lowerBound])
    }
  }

  let world: SimulatedWorld
  let clients: SimulatedHost
  private(set) var hosts: [String: SimulatedHost] = [:]
  private(set) var engines: [String: SimulatedEngine] = [:]

  init(seed: UInt64 = 1) {
    world = SimulatedWorld(seed: seed)
    clients = world.makeHost("clients")
  }

  /// Starts an engine at `name`, ports 8000, 5600 and 8998; a dead one's place is taken.
  @discardableResult
  func add(
    _ name: String, _ role: Role = .both,
    change: (inout EngineConfiguration) -> Void = { _ in }
  ) throws -> SimulatedEngine {
    var configuration = EngineConfiguration(engineID: name)
    configuration.role = role
    configuration.sideChannelHost = name
    configuration.maxModelLength = 8192
    change(&configuration)
    let host = hosts[name] ?? world.makeHost(name)
    hosts[name] = host
    let engine = try SimulatedEngine(
      loop: host.loop, configuration: configuration,
      listen: HostAndPort(host: name, port: 8000), created: 1_700_000_000)
    engines[name] = engine
    return engine
  }

  /// The engine at `name` dies, host and all.
  func kill(_ name: String) {
    hosts[name]?.crash(leaving: .resets)
    engines[name]?.kill()
  }

  /// Asks the engine at `name`; each call has a connection of its own.
  func call(_ request: FleetRequest, of name: String, id: String? = "r", port: UInt16 = 8000)
    -> Call
  {
    let script = ClientScript([
      .send(request.bytes(host: name, id: id)), .awaitEnd, .hangUp(.close),
    ])
    return Call(
      SimulatedClient(on: clients.loop, to: HostAndPort(host: name, port: port), script))
  }

  /// Asks and waits for the end.
  func ask(_ request: FleetRequest, of name: String, id: String? = "r", port: UInt16 = 8000) -> Call
  {
    let call = call(request, of: name, id: id, port: port)
    _ = world.run(within: .seconds(2000)) { call.client.isClosed }
    return call
  }

  func run(_ duration: Duration) { world.run(for: duration) }
}

/// A text of about `words` words.
func words(_ count: Int) -> String {
  (0..<count).map { "word \($0)" }.joined(separator: " ")
}

/// The member that asks a vLLM prefill engine to keep its blocks.
let prefillMember = #","kv_transfer_params":{"do_remote_decode":true}"#
