import EventLoop
import PDRouter
import Policies
import Simulation
import TestFiles
import Testing
import Vocabulary

/// The program's own loops with TLS on both sides, over sockets.
@Suite struct SecureProgramTests {
  private static func settings(
    _ name: String, configure: (inout TLSSettings) -> Void = { _ in }
  ) -> TLSSettings {
    var settings = TLSSettings()
    settings.certificatePaths = [CertificateFile.path("\(name).pem")]
    settings.keyPaths = [CertificateFile.path("\(name).key")]
    configure(&settings)
    return settings
  }

  /// What a client of the tests goes by; it speaks HTTP/1.1.
  private static func client(_ certificate: String? = nil) throws -> TransportSecurity {
    var settings = TLSSettings()
    settings.workerAuthoritiesPath = CertificateFile.path("ca.pem")
    settings.workerCertificatePath = certificate.map { CertificateFile.path("\($0).pem") }
    settings.workerKeyPath = certificate.map { CertificateFile.path("\($0).key") }
    settings.offersWorkersHTTP2 = false
    return try TransportSecurity(settings)
  }

  /// A running router, and how it was made.
  private struct Run {
    let router: Router
    let configuration: RouterConfiguration
    let address: HostAndPort
    let metrics: HostAndPort

    func scrape() -> String {
      ClientThread.ask([FleetRequest("GET", "/metrics")], at: metrics).first?.first?.text ?? ""
    }
  }

  /// Starts a router before two engines, all with TLS, and lets `body` use it.
  private func withRouter(
    isDisaggregated: Bool = false, loops: Int = 1,
    configure: (inout RouterConfiguration) -> Void = { _ in }, _ body: (Run) throws -> Void
  ) throws {
    let security = try TransportSecurity(Self.settings("chained"))
    let engines = try #require(EngineThread(count: 2, security: security))
    defer { engines.stop() }
    var configuration = RouterConfiguration.onLoopback(
      before: engines.addresses, isDisaggregated: isDisaggregated)
    for place in configuration.workers.indices {
      configuration.workers[place].url = "https://\(engines.addresses[place])"
    }
    configuration.loops = loops
    configuration.tls = Self.settings("server") {
      $0.workerAuthoritiesPath = CertificateFile.path("ca.pem")
    }
    configure(&configuration)
    let router = try RouterThread(configuration)
    defer { router.stop() }
    let metrics = try #require(router.metrics)
    try body(
      Run(
        router: router.router, configuration: configuration, address: router.address,
        metrics: metrics))
  }

  private static let requests: [FleetRequest] = [
    .chat("tell me a story about the sea"), .chat("and of the hills", streams: true),
    .completion("once upon a time", streams: true), .completion("and a long one", maxTokens: 200),
  ]

  @Test(arguments: [(true, 1), (false, 1), (true, 3)])
  func `answers over TLS on both sides are the same`(_ isDisaggregated: Bool, _ loops: Int) throws {
    let oracle = try AnswerOracle(Self.requests)
    try withRouter(isDisaggregated: isDisaggregated, loops: loops) { run in
      let client = try Self.client()
      for _ in 0..<3 {
        let answers = ClientThread.ask(Self.requests, at: run.address, security: client)
        #expect(
          answers.map { $0.map { GeneratedAnswer($0) } }
            == Self.requests.map { [oracle.answer(to: $0)] })
      }
      let text = run.scrape()
      #expect(
        text.contains(#"vllm_router_tls_handshakes_total{side="client",result="completed"} 12"#))
      #expect(
        text.contains(#"vllm_router_tls_certificate_not_after_timestamp_seconds{file="#))
      #expect(!text.contains(#"result="corrupt""#) && !text.contains(#"result="truncated""#))
    }
  }

  @Test func `with authorities of clients only theirs are served`() throws {
    try withRouter {
      $0.tls.clientAuthoritiesPath = CertificateFile.path("ca.pem")
    } _: { run in
      let request = FleetRequest.chat("who am I", maxTokens: 2)
      let named = ClientThread.ask([request], at: run.address, security: try Self.client("client"))
      #expect(named.first?.first?.status == 200)
      for certificate in ["wrong-client", "expired"] {
        let answers = ClientThread.ask(
          [request], at: run.address, security: try Self.client(certificate))
        #expect(answers == [[]])
      }
      #expect(ClientThread.ask([request], at: run.address, security: try Self.client()) == [[]])
      let text = run.scrape()
      for result in ["no_certificate", "unknown_authority", "expired"] {
        let series = #"vllm_router_tls_handshakes_total{side="client",result="\#(result)"} 1"#
        #expect(text.contains(series))
      }
    }
  }

  @Test func `operators and scrapers are met with TLS where that is asked for`() throws {
    try withRouter {
      $0.tls.coversMetrics = true
    } _: { run in
      let request = FleetRequest("GET", "/metrics")
      let secure = ClientThread.ask([request], at: run.metrics, security: try Self.client())
      #expect(secure.first?.first?.status == 200)
      let plain = ClientThread.ask([request], at: run.metrics)
      #expect(plain.first?.first?.status == 400)
    }
  }

  @Test func `certificates are exchanged under load and nothing is dropped`() throws {
    try withRouter(loops: 2) { run in
      let client = try Self.client()
      let load = LoopThread.start(name: "load") { _ in
        for _ in 0..<4 {
          let answers = ClientThread.ask(
            (0..<25).map { .chat("number \($0)", maxTokens: 20, streams: $0 % 2 == 0) },
            at: run.address, security: client)
          if answers.contains(where: { $0.first?.status != 200 }) {
            Issue.record("not all were answered")
          }
        }
      }
      var next = run.configuration
      for round in 0..<20 {
        let name = round % 2 == 0 ? "chained" : "server"
        next.tls.certificatePaths = [CertificateFile.path("\(name).pem")]
        next.tls.keyPaths = [CertificateFile.path("\(name).key")]
        #expect(try run.router.reload(next) == [])
        // What is wrong changes nothing.
        var wrong = next
        wrong.tls.keyPaths = [CertificateFile.path("second.key")]
        #expect(throws: ConfigurationFaults.self) { try run.router.reload(wrong) }
      }
      load.join()
      next.tls.certificatePaths = [CertificateFile.path("wrong-ca.pem")]
      next.tls.keyPaths = [CertificateFile.path("wrong-ca.key")]
      try run.router.reload(next)
      #expect(
        ClientThread.ask([.chat("who is there")], at: run.address, security: client) == [[]])
    }
  }

  @Test func `a port that speaks TLS goes on to, whatever a new configuration says`() throws {
    try withRouter { run in
      var next = run.configuration
      next.tls.certificatePaths = []
      next.tls.keyPaths = []
      #expect(try run.router.reload(next) == ["tls"])
      let answers = ClientThread.ask(
        [.chat("still here?", maxTokens: 2)], at: run.address, security: try Self.client())
      #expect(answers.first?.first?.status == 200)
    }
  }

  @Test func `a worker whose certificate is not right is unhealthy, and counted`() throws {
    try withRouter {
      $0.tls.workerAuthoritiesPath = CertificateFile.path("other-ca.pem")
      $0.health.failureThreshold = 1
    } _: { run in
      // The first probes fail within moments of the start.
      let series =
        #"vllm_router_tls_handshakes_total{side="worker",result="unknown_authority"}"#
      let isCounted = (0..<500).contains { _ in
        run.scrape().contains(series)
          && run.router.registry.workers.allSatisfy { !$0.isHealthy }
      }
      #expect(isCounted)
    }
  }

  @Test func `a crowd of handshakes and of garbage is served and refused`() throws {
    try withRouter { run in
      let client = try Self.client()
      let noise = LoopThread.start(name: "noise") { _ in
        _ = ClientThread.ask((0..<100).map { _ in FleetRequest("GET", "/") }, at: run.address)
      }
      let answers = ClientThread.ask(
        (0..<150).map { .chat("number \($0)", maxTokens: 2) }, at: run.address, security: client)
      #expect(answers.allSatisfy { $0.first?.status == 200 })
      noise.join()
      #expect(run.scrape().contains(#"side="client",result="plain_http"} 100"#))
    }
  }
}
