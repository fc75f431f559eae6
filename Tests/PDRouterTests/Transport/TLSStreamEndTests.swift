import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// How TLS streams end, well and otherwise.
@Suite struct TLSStreamEndTests {
  private static let truncated = StreamCloseReason.failed(
    .connectionBroken(detail: TLSFailure.truncated.description))

  @Test func `a server that just ends the connection has broken it`() throws {
    let pair = try SecurePair()
    let (_, server) = pair.connected()
    server.write([1, 2])
    server.flush()
    pair.raw[0].close()
    pair.world.run(for: .seconds(1))
    #expect(pair.client.bytes == [1, 2])
    #expect(pair.client.heard == [.connected, .read, .closed(Self.truncated)])
    pair.finish()
  }

  @Test func `a client that just ends the connection has ended its side`() throws {
    let pair = try SecurePair()
    let (client, _) = pair.connected()
    client.write([1])
    client.flush()
    client.inner?.finishWriting()
    pair.world.run(for: .seconds(1))
    #expect(pair.server.heard == [.connected, .read, .end])
    pair.finish()
  }

  @Test func `an end that was said is an end`() throws {
    let pair = try SecurePair()
    let (client, server) = pair.connected()
    pair.client.whenEnded = { $0.closeAfterFlush() }
    server.write([1])
    server.closeAfterFlush()
    server.write([2])
    pair.world.run(for: .seconds(1))
    #expect(pair.client.heard == [.connected, .read, .end, .closed(.closedHere)])
    #expect(pair.client.bytes == [1])
    #expect(pair.server.closeReason == .closedHere)
    #expect(client.bufferedByteCount == 0)
  }

  @Test func `an idle stream that is closed says so`() throws {
    let pair = try SecurePair()
    let (_, server) = pair.connected()
    pair.world.run(for: .milliseconds(10))
    server.close()
    pair.world.run(for: .seconds(1))
    #expect(pair.client.heard == [.connected, .end])
    pair.finish()
  }

  @Test func `a stream closed with bytes that were not taken does not say that they came`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 1024
    let pair = try SecurePair(conditions)
    let (_, server) = pair.connected()
    server.write([UInt8](repeating: 1, count: 50_000))
    server.flush()
    server.close()
    pair.world.run(for: .seconds(1))
    guard case .failed? = pair.client.closeReason else {
      Issue.record("the client heard \(pair.client.heard)")
      return
    }
    pair.finish()
  }

  @Test func `a reset is one`() throws {
    let pair = try SecurePair()
    let (_, server) = pair.connected()
    server.reset()
    pair.world.run(for: .seconds(1))
    #expect(
      pair.client.closeReason == .failed(.connectionBroken(detail: "ECONNRESET")))
    #expect(pair.server.closeReason == .closedHere)
    pair.finish()
  }

  @Test func `bytes that are not the peer's end the stream on both sides`() throws {
    let pair = try SecurePair()
    let (client, _) = pair.connected()
    client.inner?.write([23, 3, 3, 0, 40] + [UInt8](repeating: 9, count: 40))
    pair.world.run(for: .seconds(1))
    guard case .failed(.connectionBroken(let detail))? = pair.server.closeReason else {
      Issue.record("the server heard \(pair.server.heard)")
      return
    }
    #expect(detail.hasPrefix("broken TLS"))
    #expect(
      pair.client.closeReason
        == .failed(.connectionBroken(detail: "the peer refused: bad record mac")))
    pair.finish()
  }

  // MARK: Handshakes

  @Test(arguments: [
    ("wrong-ca", TLSFailure.unknownAuthority(subject: "/CN=Wrong CA"), "unknown CA"),
    ("expired", .expired(subject: "/CN=Expired"), "certificate expired"),
    ("wrong-name", .wrongName(subject: "/CN=Wrong name", wanted: "engine"), "bad certificate"),
  ])
  func `a worker's certificate that is not right is refused, and both say so`(
    _ name: String, _ failure: TLSFailure, _ alert: String
  ) throws {
    let pair = try SecurePair(server: TestCertificates.settings(name))
    _ = pair.dial()
    pair.world.run(for: .seconds(1))
    #expect(pair.client.heard == [.closed(.failed(.tlsFailed(detail: failure.description)))])
    #expect(pair.clientEnds == [failure])
    #expect(pair.serverEnds == [.refusedByPeer(alert: alert)])
    #expect(!pair.server.heard.contains(.connected))
    pair.finish()
  }

  @Test func `a worker that refuses our certificate is told of, though the handshake was over`()
    throws
  {
    let pair = try SecurePair(
      server: TestCertificates.settings("server") {
        $0.clientAuthoritiesPath = TestCertificates.path("ca.pem")
      })
    _ = pair.dial()
    pair.world.run(for: .seconds(1))
    #expect(pair.serverEnds == [.noCertificate])
    #expect(pair.clientEnds == [nil, .refusedByPeer(alert: "certificate required")])
    pair.finish()
  }

  @Test func `a peer that says nothing is waited for no longer than allowed`() throws {
    let pair = try SecurePair()
    let silent = SimulatedClient(
      on: pair.near, to: SecurePair.address, ClientScript([.awaitEnd]))
    pair.world.run(for: .milliseconds(9_900))
    #expect(!silent.isClosed && pair.server.heard.isEmpty)
    pair.world.run(for: .seconds(1))
    #expect(pair.server.heard == [.closed(.closedHere)])
    #expect(pair.serverEnds == [.timedOut])

    let half = SimulatedClient(
      on: pair.near, to: SecurePair.address,
      ClientScript([.send([22, 3, 1, 1, 0, 1]), .awaitEnd]))
    pair.world.run(for: .seconds(16))
    #expect(half.record.endedAt != nil)
    #expect(pair.serverEnds == [.timedOut, .timedOut])
    #expect(pair.server.closeReason == .failed(.connectTimedOut))
    pair.finish()
  }

  @Test func `a server that says nothing is a time-out`() throws {
    let pair = try SecurePair()
    pair.letsBegin = false
    _ = pair.dial(timeout: .seconds(3))
    pair.world.run(for: .seconds(4))
    #expect(pair.client.heard == [.closed(.failed(.connectTimedOut))])
    #expect(pair.clientEnds == [.timedOut])
    pair.finish()
  }

  @Test func `who only looks whether the port is open is no failure`() throws {
    let pair = try SecurePair()
    _ = SimulatedClient(
      on: pair.near, to: SecurePair.address, ClientScript([.hangUp(.close)]))
    _ = SimulatedClient(
      on: pair.near, to: SecurePair.address, ClientScript([.hangUp(.reset)]))
    pair.world.run(for: .seconds(1))
    #expect(pair.serverEnds.isEmpty)
    #expect(pair.far.streamCount == 0)
    pair.finish()
  }

  @Test func `plain HTTP is answered in its own words`() throws {
    let pair = try SecurePair()
    let client = SimulatedClient(
      on: pair.near, to: SecurePair.address,
      ClientScript([.text("GET / HTTP/1.1\r\nhost: a\r\n\r\n"), .awaitEnd]))
    pair.world.run(for: .seconds(1))
    let answer = HTTPAnswer.all(in: client.record.bytes).first
    #expect(answer?.status == 400 && answer?.isComplete == true)
    #expect(pair.serverEnds == [.plainHTTP])
    pair.finish()
  }

  @Test func `a first message that waits for its turn is answered then`() throws {
    let pair = try SecurePair()
    pair.letsBegin = false
    let client = pair.dial()
    client.write([1])
    pair.world.run(for: .seconds(1))
    #expect(pair.server.heard.isEmpty && pair.queued.count == 1)
    pair.world.schedule(after: .milliseconds(1)) { pair.queued[0].goOn() }
    pair.world.run(for: .seconds(1))
    #expect(pair.server.bytes == [1])
    pair.finish()
  }

  @Test func `nothing is called after a loop has ended in the middle of a handshake`() throws {
    for steps in [0.1, 0.3, 0.5, 0.7, 0.9, 1.2] {
      let pair = try SecurePair()
      _ = pair.dial()
      pair.world.run(for: .nanoseconds(Int64(steps * 1e6)))
      pair.finish()
      #expect(pair.client.closeReason != nil)
      #expect(pair.near.streamCount == 0 && pair.far.streamCount == 0)
    }
  }
}
