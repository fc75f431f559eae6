import EventLoop
import Simulation
import Testing
import Vocabulary

@Suite struct ClientTests {
  private static let address = HostAndPort(host: "far", port: 80)

  private func start(_ pair: Pair, _ script: ClientScript) -> SimulatedClient {
    SimulatedClient(on: pair.near.loop, to: Self.address, script)
  }

  @Test func `a client sends, waits for an answer, answers and records times`() throws {
    let pair = try Pair()
    pair.server.onRead = { stream, bytes in
      stream.write(bytes.first == UInt8(ascii: "a") ? "first\r\n" : "second\r\n")
    }
    let script = ClientScript([
      .send(Array("a".utf8)), .awaitBytes(Array("\r\n".utf8)),
      .wait(.seconds(1)), .send(Array("b".utf8)),
      .awaitBytes(Array("\r\n".utf8)), .hangUp(.close),
    ])
    let client = start(pair, script)
    #expect(pair.settle())
    #expect(client.record.text == "first\r\nsecond\r\n")
    #expect(client.isDone && client.isClosed)
    #expect(client.record.closeReason == .closedHere)
    let times = client.record.arrivals.map(\.instant)
    #expect(times.count == 2 && times[1] - times[0] >= .seconds(1))
    #expect(client.record.instant(ofByte: 7) == times[1])
    #expect(client.record.instant(ofByte: 15) == nil)
    let connectedAt = try #require(client.record.connectedAt)
    #expect(client.record.startedAt < connectedAt && connectedAt < times[0])
  }

  @Test func `pieces leave one after the other`() throws {
    let pair = try Pair()
    let script = ClientScript([
      .sendInPieces(patternBytes(10), size: 4, pause: .milliseconds(100)), .finishWriting,
    ])
    let client = start(pair, script)
    #expect(pair.settle())
    #expect(pair.server.bytes == patternBytes(10))
    #expect(pair.server.heard == [.read(4), .read(4), .read(2), .end])
    #expect(pair.server.instants[2] - pair.server.instants[0] >= .milliseconds(199))
    #expect(client.isDone && !client.isClosed)
  }

  @Test func `a client hangs up after so many bytes`() throws {
    var conditions = NetworkConditions()
    conditions.fragmentation = .singleBytes
    let pair = try Pair(conditions)
    pair.server.onAccept = { $0.write(count: 1000) }
    var script = ClientScript([.awaitEnd])
    script.hangUps = [(.received(10), .reset)]
    let client = start(pair, script)
    #expect(pair.settle())
    #expect(client.record.bytes == patternBytes(10))
    #expect(
      pair.server.closeReasons == [.failed(.connectionBroken(detail: "ECONNRESET"))])
  }

  @Test func `a client hangs up at a given time, the earliest one first`() throws {
    let pair = try Pair()
    var script = ClientScript([.awaitEnd])
    script.hangUps = [(.elapsed(.seconds(9)), .reset), (.elapsed(.seconds(3)), .close)]
    let client = start(pair, script)
    #expect(pair.settle())
    let closedAt = try #require(client.record.closedAt)
    #expect(closedAt - client.record.startedAt == .seconds(3))
    #expect(pair.server.heard == [.end])
  }

  @Test func `a slow reader keeps its pace and makes the sender wait`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 1000
    let pair = try Pair(conditions)
    var most = 0
    pair.server.onAccept = { stream in
      stream.write(count: 20_000)
      stream.closeAfterFlush()
    }
    var script = ClientScript([.awaitEnd, .hangUp(.close)])
    script.pace = .init(byteCount: 1000, interval: .milliseconds(100))
    var options = ListenerOptions()
    options.stream.lingerTimeout = .seconds(60)
    pair.listener.close()
    _ = try pair.far.loop.listen(on: Self.address, options: options, handler: pair.server)
    let client = start(pair, script)
    _ = pair.world.run(within: .seconds(60)) {
      most = max(most, pair.server.accepted.first?.bufferedByteCount ?? 0)
      return client.isClosed
    }
    #expect(client.record.bytes == patternBytes(20_000))
    let last = try #require(client.record.arrivals.last)
    #expect(last.instant - client.record.startedAt >= .milliseconds(1900))
    #expect(most >= 18_000)
  }

  @Test func `a client that stops reading lets the peer fill up`() throws {
    let pair = try Pair()
    pair.server.onAccept = { $0.write(count: 500_000) }
    let script = ClientScript([
      .pauseReading, .wait(.seconds(1)), .resumeReading, .awaitByteCount(500_000),
      .hangUp(.afterFlush),
    ])
    let client = start(pair, script)
    pair.world.run(for: .milliseconds(900))
    #expect(client.record.bytes.isEmpty)
    #expect(pair.server.accepted.first?.bufferedByteCount == 500_000 - 128 * 1024)
    #expect(pair.settle())
    #expect(client.record.bytes == patternBytes(500_000))
    #expect(client.isClosed)
  }

  @Test func `a client that cannot connect says why and is done`() throws {
    let pair = try Pair()
    let client = SimulatedClient(
      on: pair.near.loop, to: HostAndPort(host: "far", port: 9), ClientScript([.send([1])]))
    #expect(pair.settle())
    #expect(client.isDone && client.record.connectedAt == nil)
    #expect(client.record.closeReason == .failed(.connectFailed(detail: "ECONNREFUSED")))
  }
}
