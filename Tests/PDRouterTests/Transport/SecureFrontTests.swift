import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// A front end that speaks TLS: limits, floods, draining.
@Suite struct SecureFrontTests {
  /// A front end of a router's loop, and clients that speak TLS with it.
  private final class Front: ExchangeHandler, TLSHandshakeWitness {
    let world: SimulatedWorld
    let host: SimulatedLoop
    let clientHost: SimulatedLoop
    let security: LoopSecurity
    let metrics = LoopMetrics()
    private(set) var frontend: Frontend!
    let book = LogBook()
    private(set) var refused: [ConnectionRefusal] = []
    private let clients: TransportSecurity
    private let scratch = TLSScratch()
    private(set) var failures: [TLSFailure] = []
    static let address = HostAndPort(host: "router", port: 443)

    init(
      _ conditions: NetworkConditions = NetworkConditions(),
      configure: (inout Limits) -> Void = { _ in }
    ) throws {
      world = SimulatedWorld(seed: 1, conditions: conditions)
      host = world.makeHost("router").loop
      clientHost = world.makeHost("client").loop
      let shared = try TransportSecurity(TestCertificates.settings("server"), logger: book.logger)
      clients = try TransportSecurity(TestCertificates.settings())
      security = LoopSecurity(shared, on: host, metrics: metrics)
      var limits = Limits()
      configure(&limits)
      frontend = Frontend(loop: host, handler: self, limits: limits, timeouts: Timeouts())
    }

    func start() throws {
      frontend.security = security
      try frontend.listen(on: Front.address, sharesPort: false)
    }

    func handle(_ exchange: Exchange) {
      var body = ByteBuffer()
      body.append("ok")
      exchange.respond(status: 200, fields: ByteBuffer(), body: body)
    }

    func didRefuse(status: Int) {}
    func didRefuseConnection(_ reason: ConnectionRefusal) { refused.append(reason) }
    func mayBegin(_ stream: TLSStream) -> Bool { true }

    func stream(_ stream: TLSStream, handshakeDidEndWith failure: TLSFailure?) {
      if let failure { failures.append(failure) }
    }

    /// A client that asks once it is up.
    func ask(_ recorder: StreamRecorder = StreamRecorder()) -> StreamRecorder {
      recorder.whenConnected = {
        $0.write(Array("GET / HTTP/1.1\r\nhost: router\r\n\r\n".utf8))
      }
      let context: TLSContext
      do {
        context = try TLSContext.client(
          TLSClientSettings(authorities: TestCertificates.path("ca.pem")))
      } catch {
        preconditionFailure("\(error)")
      }
      let stream = TLSStream(
        .client(context, host: "router", resumption: nil), on: clientHost, StreamOptions(),
        timeout: .seconds(60), scratch: scratch, witness: self, handler: recorder)
      stream.attach(
        to: clientHost.connect(
          to: Front.address, timeout: .seconds(60), options: StreamOptions(), handler: stream))
      return recorder
    }

    func raw(_ steps: ClientScript.Step...) -> SimulatedClient {
      SimulatedClient(on: clientHost, to: Front.address, ClientScript(steps))
    }

    func finish() {
      frontend.abort()
      clientHost.stop()
      world.run(for: .seconds(10))
      #expect(host.streamCount == 0)
    }
  }

  private static func isAnswered(_ recorder: StreamRecorder) -> Bool {
    HTTPAnswer.all(in: recorder.bytes).first?.isComplete == true
  }

  @Test func `many handshakes at once are done in slices, and all are done`() throws {
    // All hellos arrive at one moment.
    var conditions = NetworkConditions()
    conditions.latency = .microseconds(100) ... .microseconds(100)
    conditions.connectLatency = .microseconds(100) ... .microseconds(100)
    let front = try Front(conditions)
    try front.start()
    let recorders = (0..<100).map { _ in front.ask() }
    var most = 0
    let isDone = front.world.run(within: .seconds(5)) {
      most = max(most, front.security.waitingCount)
      return recorders.allSatisfy(Self.isAnswered)
    }
    #expect(isDone)
    #expect(most == 100 - LoopSecurity.hellosPerWakeUp)
    #expect(front.security.handshakeCount == 0 && front.security.waitingCount == 0)
    #expect(front.frontend.connectionCount == 100)
    front.finish()
    #expect(front.frontend.connectionCount == 0)
  }

  @Test func `over the limit of handshakes the oldest is ended, and who is quick gets in`() throws {
    let front = try Front { $0.tlsHandshakes = 10 }
    try front.start()
    let silent = (0..<10).map { _ in front.raw(.awaitEnd) }
    front.world.run(for: .seconds(1))
    #expect(front.security.handshakeCount == 10 && front.refused.isEmpty)
    let quick = front.ask()
    front.world.run(for: .seconds(1))
    #expect(Self.isAnswered(quick))
    #expect(front.refused == [.handshakes])
    #expect(silent.count { $0.record.endedAt != nil } == 1)
    front.world.run(for: .seconds(11))
    #expect(front.security.handshakeCount == 0)
    #expect(front.frontend.connectionCount == 1)
    front.finish()
  }

  @Test func `a flood of garbage is counted whole and logged in part`() throws {
    let front = try Front()
    try front.start()
    for round in 0..<300 {
      _ = front.raw(.text(round % 2 == 0 ? "garbage" : "GET / HTTP/1.1\r\n\r\n"), .awaitEnd)
    }
    front.world.run(for: .seconds(10))
    let counts = front.metrics.handshakes
    #expect(counts.value(at: 1 + TLSFailure.notTLS.labelIndex) == 150)
    #expect(counts.value(at: 1 + TLSFailure.plainHTTP.labelIndex) == 150)
    #expect((20...45).contains(front.book.messages.count))
    #expect(Set(front.book.messages) == ["TLS was not established"])
    #expect(front.frontend.connectionCount == 0)
    front.finish()
  }

  @Test func `draining ends handshakes, and idle connections with a word`() throws {
    let front = try Front()
    try front.start()
    let idle = front.ask()
    let silent = front.raw(.awaitEnd)
    front.world.run(for: .seconds(1))
    #expect(Self.isAnswered(idle))
    front.world.schedule(after: .milliseconds(1)) { front.frontend.drain() }
    front.world.run(for: .seconds(1))
    #expect(silent.record.endedAt != nil)
    #expect(idle.heard == [.connected, .read, .end])
    front.finish()
  }

  @Test func `every moment in which a client may leave leaves nothing behind`() throws {
    for time in 0..<40 {
      let front = try Front()
      try front.start()
      let recorder = front.ask()
      front.world.run(for: .microseconds(time * 40))
      front.clientHost.stop()
      front.world.run(for: .seconds(2))
      #expect(front.frontend.connectionCount == 0)
      #expect(front.security.handshakeCount == 0 && front.security.waitingCount == 0)
      #expect(front.host.streamCount == 0)
      withExtendedLifetime(recorder) {}
    }
  }
}
