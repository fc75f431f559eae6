internal import Testing
internal import Wire

/// Whom each side takes, and what it says of whom it does not.
struct TLSCertificateTests {
  /// What a client of `Test CA` that calls `host` says of a server's certificate.
  static let servers: [(String, String, TLSFailure?)] = [
    ("server", "localhost", nil), ("server", "127.0.0.1", nil), ("server", "::1", nil),
    ("server", "LOCALHOST", nil), ("server", "localhost.", nil), ("chained", "localhost", nil),
    ("second", "second.test", nil), ("second", "a.wild.test", nil),
    ("second", "a.b.wild.test", .wrongName(subject: "/CN=Second server", wanted: "a.b.wild.test")),
    ("wrong-name", "localhost", .wrongName(subject: "/CN=Wrong name", wanted: "localhost")),
    ("server", "127.0.0.2", .wrongName(subject: "/CN=Test server", wanted: "127.0.0.2")),
    ("server", "Test server", .wrongName(subject: "/CN=Test server", wanted: "Test server")),
    ("wrong-ca", "localhost", .unknownAuthority(subject: "/CN=Wrong CA")),
    ("expired", "localhost", .expired(subject: "/CN=Expired")),
    ("early", "localhost", .notYetValid(subject: "/CN=Early")),
  ]

  @Test(arguments: TLSCertificateTests.servers)
  func `a client takes the certificate of its server's name alone`(
    _ name: String, _ host: String, _ failure: TLSFailure?
  ) throws {
    let pair = SessionPair(
      client: try TestCertificates.client(), server: try TestCertificates.server(name), host: host)
    pair.connect()
    #expect(pair.client.failure == failure)
    #expect(pair.isUp == (failure == nil))
    guard failure != nil else { return }
    guard case .refusedByPeer = pair.server.failure else {
      Issue.record("the server heard \(String(describing: pair.server.failure))")
      return
    }
  }

  @Test func `a name that cannot be asked for is a failure`() throws {
    let host = String(repeating: "a", count: 300)
    let end = SessionEnd(TLSSession(to: host, context: try TestCertificates.client()))
    end.start()
    #expect(
      end.failure == .wrongName(subject: "nobody", wanted: String(host.prefix(256))))
    #expect(end.takeOutput() == [])
  }

  @Test(arguments: ["wrong-ca", "expired", "wrong-name"])
  func `a client that takes anything takes anything`(_ name: String) throws {
    let pair = SessionPair(
      client: try TestCertificates.client(authorities: nil, acceptsAnything: true),
      server: try TestCertificates.server(name))
    pair.connect()
    #expect(pair.isUp)
  }

  @Test func `without a file the system's authorities count, and they are not ours`() throws {
    let pair = SessionPair(
      client: try TestCertificates.client(authorities: nil),
      server: try TestCertificates.server("server"))
    pair.connect()
    #expect(pair.client.failure == .unknownAuthority(subject: "/CN=Test server"))
  }

  static let clients: [(String?, TLSFailure?)] = [
    ("client", nil), (nil, .noCertificate),
    ("wrong-client", .unknownAuthority(subject: "/CN=Wrong client")),
    ("expired", .expired(subject: "/CN=Expired")),
    (
      "server",
      .badCertificate(
        subject: "/CN=Test server", detail: "unsuitable certificate purpose")
    ),
  ]

  @Test(arguments: TLSCertificateTests.clients)
  func `a server that asks for certificates takes those of its authorities`(
    _ name: String?, _ failure: TLSFailure?
  ) throws {
    let pair = SessionPair(
      client: try TestCertificates.client(name),
      server: try TestCertificates.server("server", clientAuthorities: "ca.pem"))
    pair.connect()
    #expect(pair.server.failure == failure)
    #expect((pair.server.session.peerSubject == "/CN=Test client") == (name == "client"))
    if failure != nil {
      guard case .refusedByPeer = pair.client.failure else {
        Issue.record("the client heard \(String(describing: pair.client.failure))")
        return
      }
    }
  }

  @Test(arguments: [
    ("localhost", "/CN=Test server"), ("second.test", "/CN=Second server"),
    ("x.wild.test", "/CN=Second server"), ("unknown.test", "/CN=Test server"),
    ("127.0.0.1", "/CN=Test server"), ("SECOND.test", "/CN=Second server"),
  ])
  func `the certificate is that of the name asked for, else the first`(
    _ host: String, _ subject: String
  ) throws {
    let pair = SessionPair(
      client: try TestCertificates.client(acceptsAnything: true),
      server: try TestCertificates.server("server", "second"), host: host)
    pair.connect()
    #expect(pair.client.session.peerSubject == subject)
  }

  @Test func `who speaks nothing that is known is refused`() throws {
    let pair = SessionPair(
      client: try TestCertificates.client(protocols: [.http2]),
      server: try TestCertificates.server("server", protocols: [.http1]))
    pair.connect()
    #expect(pair.server.failure == .noCommonProtocol)
    #expect(pair.client.failure == .refusedByPeer(alert: "no application protocol"))
  }
}
