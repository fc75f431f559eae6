import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// A pool of connections to an https worker.
@Suite struct SecurePoolTests {
  /// A pool and an engine behind TLS that answers as it is told.
  private final class Stage: ExchangeHandler {
    let world = SimulatedWorld(seed: 1)
    let engineHost: SimulatedHost
    let loop: SimulatedLoop
    let frontend: Frontend
    let metrics = LoopMetrics()
    let book = LogBook()
    private(set) var pool: WorkerPool!
    private(set) var requests = 0
    var answers: (Exchange) -> Void = { exchange in
      var body = ByteBuffer()
      body.append("ok")
      exchange.respond(status: 200, fields: ByteBuffer(), body: body)
    }

    init(
      _ certificate: String = "server", host: String = "engine", speaksHTTP2: Bool = false,
      configure: (inout TLSSettings) -> Void = { _ in }
    ) throws {
      engineHost = world.makeHost(host)
      loop = world.makeHost("router").loop
      frontend = Frontend(
        loop: engineHost.loop, handler: Stage.Desk(), limits: Limits(), timeouts: Timeouts())
      (frontend.handler as? Desk)?.stage = self
      let settings = TestCertificates.settings(certificate) { $0.offersHTTP2 = speaksHTTP2 }
      frontend.speakTLS(try TransportSecurity(settings))
      try frontend.listen(on: HostAndPort(host: host, port: 443), sharesPort: false)
      let security = LoopSecurity(
        try TransportSecurity(
          TestCertificates.settings(configure: configure), logger: book.logger),
        on: loop, metrics: metrics)
      let worker = Worker(
        id: WorkerID(number: 0), url: try WorkerURL("https://\(host)"), role: .both)
      pool = WorkerPool(
        worker: worker, loop: loop, limits: Limits(), timeouts: Timeouts(), security: security)
    }

    /// Passes requests on, since a front end's handler is there before its stage.
    final class Desk: ExchangeHandler {
      weak var stage: Stage?
      func handle(_ exchange: Exchange) { stage?.handle(exchange) }
      func didRefuse(status: Int) {}
    }

    func handle(_ exchange: Exchange) {
      requests += 1
      answers(exchange)
    }

    func didRefuse(status: Int) {}

    func ask() -> LegWatcher {
      let watcher = LegWatcher()
      let hasStarted = pool.start(watcher.leg)
      precondition(hasStarted)
      _ = world.run(within: .seconds(10)) { watcher.isDone }
      return watcher
    }

    func count(_ failure: TLSFailure?) -> Int {
      metrics.handshakes.value(
        at: 1 + TLSFailure.labels.count + (failure.map { 1 + $0.labelIndex } ?? 0))
    }

    deinit {
      pool.closeIdle()
      frontend.abort()
    }
  }

  @Test(arguments: [false, true])
  func `a leg is carried over TLS, and its connection is used again`(_ speaksHTTP2: Bool) throws {
    let stage = try Stage(speaksHTTP2: speaksHTTP2)
    for _ in 0..<3 {
      let watcher = stage.ask()
      #expect(watcher.statuses == [200] && watcher.body == "ok" && watcher.failures.isEmpty)
    }
    #expect(stage.requests == 3)
    #expect(stage.count(nil) == 1)
  }

  @Test func `a new connection takes up the session of an earlier one`() throws {
    let stage = try Stage()
    for _ in 0..<4 {
      _ = stage.ask()
      stage.pool.closeIdle()
      stage.world.run(for: .milliseconds(10))
    }
    #expect(stage.count(nil) == 4)
    #expect(stage.metrics.resumedHandshakes.value(at: TLSSide.worker.rawValue) == 3)
  }

  @Test(arguments: [
    ("wrong-ca", TLSFailure.unknownAuthority(subject: "/CN=Wrong CA")),
    ("wrong-name", .wrongName(subject: "/CN=Wrong name", wanted: "engine")),
    ("expired", .expired(subject: "/CN=Expired")),
  ])
  func `a worker that cannot prove who it is gets nothing`(_ name: String, _ failure: TLSFailure)
    throws
  {
    let stage = try Stage(name)
    let watcher = stage.ask()
    #expect(
      watcher.failures == [.unreachable(.tlsFailed(detail: failure.description))])
    #expect(watcher.failures[0].nothingDelivered && watcher.failures[0].blamesWorker)
    #expect(stage.requests == 0)
    #expect(stage.count(failure) == 1 && stage.count(nil) == 0)
    #expect(stage.book.messages == ["TLS was not established"])
  }

  @Test func `told not to look, the router takes anybody, and says so loudly`() throws {
    let stage = try Stage("wrong-ca") {
      $0.workerAuthoritiesPath = nil
      $0.acceptsAnyWorker = true
    }
    #expect(stage.ask().statuses == [200])
    #expect(stage.book.messages.count == 1)
    #expect(stage.book.messages[0].hasPrefix("WORKERS' CERTIFICATES ARE NOT CHECKED"))
  }

  @Test func `an answer cut by the end of its connection alone is broken`() throws {
    let stage = try Stage()
    var streams: [any ByteStream] = []
    stage.answers = { exchange in
      // No length, so that the end of the connection is the answer's.
      exchange.begin(status: 200, fields: ByteBuffer(), length: nil)
      withBytes(of: "half") { exchange.write($0) }
      streams.append((exchange.transport as? HTTP1FrontendConnection)!.stream)
    }
    let watcher = LegWatcher()
    watcher.request = "GET /probe HTTP/1.0\r\n\r\n"
    _ = stage.pool.start(watcher.leg)
    stage.world.run(for: .milliseconds(100))
    #expect(watcher.body == "half")
    (streams[0] as? TLSStream)?.inner?.close()
    stage.world.run(for: .milliseconds(100))
    #expect(watcher.failures == [.brokenWithinAnswer])

    // The same with a word is an end.
    let whole = LegWatcher()
    whole.request = watcher.request
    _ = stage.pool.start(whole.leg)
    stage.world.run(for: .milliseconds(100))
    streams[1].closeAfterFlush()
    stage.world.run(for: .milliseconds(100))
    #expect(whole.body == "half" && whole.endCount == 1)
  }
}
