internal import Testing
internal import Wire

/// Two ends back to back: what one says the other hears, and how it ends.
struct TLSSessionTests {
  private static func text(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  }

  @Test func `two ends shake hands, agree on a protocol, and hear each other`() throws {
    let pair = SessionPair(
      client: try TestCertificates.client(protocols: [.http2, .http1]),
      server: try TestCertificates.server("server", protocols: [.http2, .http1]))
    pair.connect()
    #expect(pair.isUp)
    #expect(pair.client.session.negotiatedProtocol == .http2)
    #expect(pair.server.session.negotiatedProtocol == .http2)
    #expect(pair.client.session.version == "TLSv1.3")
    #expect(pair.client.session.peerSubject == "/CN=Test server")
    #expect(pair.server.session.peerSubject == nil)
    pair.client.write(Self.text(100_000))
    pair.server.write(Self.text(70_000))
    pair.pump()
    #expect(pair.server.text == Self.text(100_000))
    #expect(pair.client.text == Self.text(70_000))
  }

  @Test(arguments: [1, 2, 3, 5, 7, 100, 16_389])
  func `bytes may be cut anywhere`(_ size: Int) throws {
    let pair = SessionPair(
      client: try TestCertificates.client(), server: try TestCertificates.server("server"))
    pair.pieceSize = size
    pair.connect()
    #expect(pair.isUp)
    pair.client.write(Self.text(20_000))
    pair.server.write(Self.text(20_000))
    pair.client.close()
    pair.server.close()
    pair.pump()
    #expect(pair.server.text == Self.text(20_000))
    #expect(pair.client.text == Self.text(20_000))
    #expect(pair.server.session.hasReceivedClose && pair.client.session.hasReceivedClose)
    #expect(pair.server.failure == nil && pair.client.failure == nil)
  }

  @Test func `the handshake may be cut at every single place`() throws {
    let client = try TestCertificates.client()
    let server = try TestCertificates.server("server")
    let probe = SessionPair(client: client, server: server)
    probe.client.start()
    let length = probe.client.takeOutput().count
    for place in 1..<length {
      let pair = SessionPair(client: client, server: server)
      pair.client.start()
      let hello = pair.client.takeOutput()
      // Hellos differ by chance in nothing but their bytes.
      pair.server.take(hello.prefix(place))
      pair.server.take(hello.dropFirst(place))
      pair.pump()
      #expect(pair.isUp, "cut at \(place)")
    }
  }

  @Test func `an end without close_notify is a truncation, one with it is not`() throws {
    let cut = try SessionPair.connected()
    cut.server.write([1, 2, 3])
    cut.pump()
    cut.client.endTransport()
    #expect(cut.client.failure == .truncated)

    let whole = try SessionPair.connected()
    whole.server.write([1, 2, 3])
    whole.server.close()
    whole.pump()
    whole.client.endTransport()
    #expect(whole.client.text == [1, 2, 3])
    #expect(whole.client.failure == nil)
    // Its own direction is still open.
    whole.client.write([4])
    whole.pump()
    #expect(whole.server.text == [4])

    let early = SessionPair(
      client: try TestCertificates.client(), server: try TestCertificates.server("server"))
    early.client.start()
    early.client.endTransport()
    #expect(early.client.failure == .endedEarly)
  }

  @Test func `what comes behind the peer's close_notify means nothing`() throws {
    let pair = try SessionPair.connected()
    pair.client.write([7])
    pair.client.close()
    let bytes = pair.client.takeOutput()
    pair.server.take(bytes + Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(pair.server.text == [7])
    #expect(pair.server.failure == nil)
  }

  @Test func `a changed byte ends the session, and what came before it is handed over`() throws {
    let pair = try SessionPair.connected()
    pair.client.write([1, 2, 3])
    let good = pair.client.takeOutput()
    pair.client.write([4, 5, 6])
    var bad = pair.client.takeOutput()
    bad[bad.count - 1] ^= 1
    pair.server.take(good + bad)
    #expect(pair.server.text == [1, 2, 3])
    guard case .corrupt = pair.server.failure else {
      Issue.record("not \(String(describing: pair.server.failure))")
      return
    }
    // The peer is told.
    pair.client.take(pair.server.takeOutput())
    #expect(pair.client.failure == .refusedByPeer(alert: "bad record mac"))
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", TLSFailure.plainHTTP),
    ("POST /v1 HTTP/1.1\r\n", .plainHTTP), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .plainHTTP),
    ("SSH-2.0-OpenSSH\r\n", .plainHTTP), ("\u{0}\u{1}\u{2}", .notTLS), ("hello", .notTLS),
  ])
  func `a server says what came instead of TLS`(_ text: String, _ failure: TLSFailure) throws {
    let end = SessionEnd(TLSSession(serving: try TestCertificates.server("server")))
    end.take(Array(text.utf8))
    #expect(end.failure == failure)
    #expect(end.takeOutput() == [])
  }

  @Test func `a client says that the server speaks plain HTTP`() throws {
    let end = SessionEnd(TLSSession(to: "localhost", context: try TestCertificates.client()))
    end.start()
    end.take(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
    #expect(end.failure == .plainHTTP)
  }

  @Test(arguments: [1, 2])
  func `versions before 1.2 are refused, and the peer is told`(_ minor: UInt8) throws {
    let body: [UInt8] =
      [3, minor] + (0..<32).map { $0 } + [0, 0, 4, 0xC0, 0x13, 0x00, 0x2F, 1, 0]
    let hello = [22, 3, 1, 0, UInt8(body.count + 4), 1, 0, 0, UInt8(body.count)] + body
    let end = SessionEnd(TLSSession(serving: try TestCertificates.server("server")))
    end.take(hello)
    #expect(end.failure == .versionTooOld)
    // A fatal alert, protocol_version (RFC 8446 §6.2).
    #expect(end.takeOutput().suffix(2) == [2, 70])
  }

  @Test func `a session that has failed says so again and takes nothing more`() throws {
    let end = SessionEnd(TLSSession(serving: try TestCertificates.server("server")))
    end.take([0, 1, 2])
    end.take([22, 3, 1, 0, 5])
    end.endTransport()
    #expect(end.failure == .notTLS)
    end.write([1])
    end.close()
    #expect(end.takeOutput() == [])
  }
}
