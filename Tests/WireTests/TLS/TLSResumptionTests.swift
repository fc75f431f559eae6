internal import Testing
internal import Vocabulary
@testable internal import Wire

/// Tickets: who comes back, who does not, and for how long.
struct TLSResumptionTests {
  /// Whether a client that was there before is known to the second server.
  private func resumes(
    _ resumption: TLSResumption, client: TLSContext, server: TLSContext
  ) -> Bool {
    let pair = SessionPair(client: client, server: server, resumption: resumption)
    pair.connect()
    pair.server.write([1])
    pair.pump()
    #expect(pair.isUp)
    #expect(pair.client.text == [1])
    #expect(pair.client.session.isResumed == pair.server.session.isResumed)
    return pair.client.session.isResumed
  }

  @Test func `a client comes back by its ticket, also to another context of the same keys`() throws
  {
    let tickets = TLSTicketKeys()
    let client = try TestCertificates.client()
    let resumption = TLSResumption()
    let first = try TestCertificates.server("server", tickets: tickets)
    #expect(!resumes(resumption, client: client, server: first))
    #expect(resumption.isUsable)
    #expect(resumes(resumption, client: client, server: first))
    let next = try TestCertificates.server("chained", tickets: tickets)
    #expect(resumes(resumption, client: client, server: next))
    let other = try TestCertificates.server("server")
    #expect(!resumes(resumption, client: client, server: other))
  }

  @Test func `a client's certificate is checked anew where other authorities are asked`() throws {
    let tickets = TLSTicketKeys()
    let client = try TestCertificates.client("client")
    let resumption = TLSResumption()
    let open = try TestCertificates.server("server", tickets: tickets)
    #expect(!resumes(resumption, client: client, server: open))
    let asking = try TestCertificates.server(
      "server", clientAuthorities: "ca.pem", tickets: tickets)
    #expect(!resumes(resumption, client: client, server: asking))
    #expect(resumes(resumption, client: client, server: asking))
    let pair = SessionPair(
      client: client,
      server: try TestCertificates.server(
        "server", clientAuthorities: "other-ca.pem", tickets: tickets),
      resumption: resumption)
    pair.connect()
    #expect(pair.server.failure == .unknownAuthority(subject: "/CN=Test client"))
  }

  @Test func `what one client context was satisfied with is nothing to another`() throws {
    let tickets = TLSTicketKeys()
    let server = try TestCertificates.server("wrong-ca", tickets: tickets)
    let careless = try TestCertificates.client(authorities: nil, acceptsAnything: true)
    let resumption = TLSResumption()
    #expect(!resumes(resumption, client: careless, server: server))
    #expect(resumes(resumption, client: careless, server: server))
    let pair = SessionPair(
      client: try TestCertificates.client(), server: server, resumption: resumption)
    pair.connect()
    #expect(pair.client.failure == .unknownAuthority(subject: "/CN=Wrong CA"))
  }

  @Test func `a ticket of an old key is taken for two periods more, and replaced`() throws {
    let tickets = TLSTicketKeys()
    var now = Instant.zero
    tickets.advance(to: now)
    let client = try TestCertificates.client()
    let server = try TestCertificates.server("server", tickets: tickets)
    let resumption = TLSResumption()
    #expect(!resumes(resumption, client: client, server: server))
    for _ in 0..<5 {
      now = now + TLSTicketKeys.period
      tickets.advance(to: now)
      #expect(resumes(resumption, client: client, server: server))
    }
    // Not used meanwhile.
    for _ in 0..<3 {
      now = now + TLSTicketKeys.period
      tickets.advance(to: now)
    }
    #expect(!resumes(resumption, client: client, server: server))
  }

  @Test func `keys are made when one is needed, bounded, and forgotten after a long sleep`() {
    let tickets = TLSTicketKeys()
    tickets.advance(to: .zero)
    #expect(tickets.count == 0)
    _ = tickets.current
    #expect(tickets.count == 1)
    tickets.advance(to: .zero + .seconds(3599))
    #expect(tickets.count == 1)
    for hour in 1...10 {
      tickets.advance(to: .zero + .seconds(3600 * hour))
      #expect(tickets.count == min(hour + 1, 3))
    }
    tickets.advance(to: .zero + .seconds(3600 * 100))
    #expect(tickets.count == 1)
  }
}
