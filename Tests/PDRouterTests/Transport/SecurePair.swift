import EventLoop
import Simulation
import Vocabulary
import Wire

@testable import PDRouter

/// Two hosts with TLS between them: `near` calls, `far` listens on port 80.
final class SecurePair: TLSHandshakeWitness, ListenerHandler {
  let world: SimulatedWorld
  let near: SimulatedLoop
  let far: SimulatedLoop
  let client = StreamRecorder()
  let server = StreamRecorder()
  let security: TransportSecurity
  let farSecurity: TransportSecurity
  private(set) var listener: (any Listener)?
  /// The accepted streams, and what lies under them.
  private(set) var accepted: [TLSStream] = []
  private(set) var raw: [any ByteStream] = []
  /// Streams that may not begin yet.
  private(set) var queued: [TLSStream] = []
  var letsBegin = true
  /// How handshakes ended, of both sides.
  private(set) var clientEnds: [TLSFailure?] = []
  private(set) var serverEnds: [TLSFailure?] = []
  let resumption = TLSResumption()
  var options = StreamOptions()
  var handshakeTimeout: Duration = .seconds(10)
  private let scratch = TLSScratch()
  private let farScratch = TLSScratch()
  static let address = HostAndPort(host: "engine", port: 80)

  init(
    _ conditions: NetworkConditions = NetworkConditions(),
    server serverSettings: TLSSettings = TestCertificates.settings("server"),
    client clientSettings: TLSSettings = TestCertificates.settings()
  ) throws {
    world = SimulatedWorld(seed: 1, conditions: conditions)
    near = world.makeHost("near").loop
    far = world.makeHost("engine").loop
    security = try TransportSecurity(clientSettings)
    farSecurity = try TransportSecurity(serverSettings)
    listener = try far.listen(
      on: SecurePair.address, options: ListenerOptions(), handler: self)
  }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    guard let context = farSecurity.clients else { preconditionFailure("there is a certificate") }
    let secure = TLSStream(
      accepted: stream, context, options, timeout: handshakeTimeout, scratch: farScratch,
      witness: self)
    secure.handler = server
    raw.append(stream)
    accepted.append(secure)
  }

  func mayBegin(_ stream: TLSStream) -> Bool {
    if !letsBegin { queued.append(stream) }
    return letsBegin
  }

  func stream(_ stream: TLSStream, handshakeDidEndWith failure: TLSFailure?) {
    if stream.isServer { serverEnds.append(failure) } else { clientEnds.append(failure) }
  }

  /// A client's stream on its way.
  func dial(_ host: String = "engine", timeout: Duration = .seconds(5)) -> TLSStream {
    let stream = TLSStream(
      .client(security.context(for: .worker), host: host, resumption: resumption), on: near,
      options, timeout: timeout, scratch: scratch, witness: self, handler: client)
    stream.attach(
      to: near.connect(
        to: SecurePair.address, timeout: timeout, options: options, handler: stream))
    return stream
  }

  /// A connection that is up on both sides.
  func connected() -> (client: TLSStream, server: TLSStream) {
    let stream = dial()
    let isUp = world.run(within: .seconds(5)) {
      client.heard.contains(.connected) && server.heard.contains(.connected)
    }
    precondition(isUp, "the handshake comes about")
    return (stream, accepted[0])
  }

  /// Stops everything.
  func finish() {
    listener?.close()
    near.stop()
    far.stop()
    world.run(for: .seconds(1))
  }
}
