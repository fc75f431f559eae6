import EventLoop
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// TLS over a simulated network: the same promises as a bare stream's.
@Suite struct TLSStreamTests {
  private static func text(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  /// Reads something at the end of a wake-up.
  private final class Scale: WakeUpEndHandler {
    private let read: () -> Int
    private(set) var reading = 0

    init(_ read: @escaping () -> Int) {
      self.read = read
    }

    func wakeUpWillEnd(_ loop: any Loop) { reading = read() }
  }

  private static func network(_ fragmentation: Fragmentation) -> NetworkConditions {
    var conditions = NetworkConditions()
    conditions.fragmentation = fragmentation
    return conditions
  }

  @Test(arguments: [Fragmentation.none, .seeded(chance: 0.7), .singleBytes])
  func `both sides hear that it is up, then all bytes, then the end, however it is cut`(
    _ fragmentation: Fragmentation
  ) throws {
    let pair = try SecurePair(Self.network(fragmentation))
    let (client, server) = pair.connected()
    #expect(client.negotiatedProtocol == .http2)
    #expect(server.negotiatedProtocol == .http2)
    let size = fragmentation == .singleBytes ? 9_000 : 300_000
    client.write(Self.text(size))
    server.write(Self.text(size))
    pair.server.whenEnded = { $0.closeAfterFlush() }
    client.finishWriting()
    pair.world.run(for: .seconds(20))
    #expect(pair.server.bytes == Self.text(size))
    #expect(pair.client.bytes == Self.text(size))
    #expect(
      pair.server.heard.filter { $0 != .drained && $0 != .read }
        == [.connected, .end, .closed(.closedHere)])
    #expect(pair.client.heard.contains(.end))
    client.close()
    pair.world.run(for: .seconds(1))
    #expect(pair.client.closeReason == .closedHere)
    #expect(!pair.client.wasReentered && !pair.server.wasReentered)
    #expect(pair.clientEnds == [nil] && pair.serverEnds == [nil])
    #expect(pair.near.streamCount == 0 && pair.far.streamCount == 0)
  }

  @Test func `what is written before the handshake goes first`() throws {
    let pair = try SecurePair()
    let client = pair.dial()
    client.write([1, 2, 3])
    #expect(client.bufferedByteCount == 3)
    pair.client.whenConnected = { $0.write([4]) }
    pair.world.run(for: .seconds(1))
    #expect(pair.server.bytes == [1, 2, 3, 4])
    #expect(client.bufferedByteCount == 0)
    pair.finish()
  }

  @Test func `a writer that heeds the watermark is told to go on, and what waits is bounded`()
    throws
  {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 8 * 1024
    conditions.bytesPerSecond = 2_000_000
    let pair = try SecurePair(conditions)
    let (client, _) = pair.connected()
    var left = Self.text(600_000)[...]
    var most = 0
    let goOn = { (stream: any ByteStream) in
      while !left.isEmpty, stream.bufferedByteCount <= 64 * 1024 {
        stream.write(Array(left.prefix(3_000)))
        left = left.dropFirst(3_000)
      }
      most = max(most, stream.bufferedByteCount)
    }
    pair.client.whenDrained = goOn
    pair.world.schedule(after: .milliseconds(1)) { goOn(client) }
    pair.world.run(for: .seconds(5))
    #expect(pair.server.bytes == Self.text(600_000))
    #expect(most > 64 * 1024 && most <= 64 * 1024 + 3_000)
    pair.finish()
  }

  @Test func `records do not count as bytes that wait`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 1024
    let pair = try SecurePair(conditions)
    let (client, server) = pair.connected()
    pair.world.run(for: .milliseconds(10))
    server.pauseReading()
    client.write(Self.text(1_000))
    pair.world.run(for: .seconds(1))
    for round in 1...40 {
      pair.world.schedule(after: .milliseconds(1)) { client.write(Self.text(100)) }
      pair.world.run(for: .milliseconds(5))
      #expect(client.bufferedByteCount <= round * 100 + 1_000)
    }
    // Nothing is taken: what waits grows exactly by what is written.
    let before = client.bufferedByteCount
    pair.world.schedule(after: .milliseconds(1)) { client.write(Self.text(777)) }
    pair.world.run(for: .milliseconds(5))
    #expect(client.bufferedByteCount == before + 777)
    server.resumeReading()
    pair.world.run(for: .seconds(1))
    #expect(client.bufferedByteCount == 0)
    #expect(pair.server.bytes.count == 5_777)
    pair.finish()
  }

  @Test func `small writes of one wake-up leave as one record`() throws {
    let pair = try SecurePair()
    let (client, _) = pair.connected()
    pair.world.run(for: .milliseconds(10))
    let scale = Scale { client.inner?.bufferedByteCount ?? 0 }
    pair.world.schedule(after: .milliseconds(1)) {
      for _ in 0..<50 { client.write([1, 2]) }
      #expect(client.bufferedByteCount == 100)
      client.loop.callAtWakeUpEnd(scale)
    }
    pair.world.run(for: .seconds(1))
    #expect(pair.server.bytes.count == 100)
    // 5 bytes of header, 1 of type, 16 of tag (RFC 8446 §5.2).
    #expect(scale.reading == 122)
    pair.finish()
  }

  @Test func `paused, nothing is delivered, and nothing is lost`() throws {
    let pair = try SecurePair()
    pair.server.whenConnected = { $0.pauseReading() }
    let client = pair.dial()
    client.write(Self.text(100_000))
    pair.world.run(for: .seconds(1))
    #expect(pair.server.bytes.isEmpty)
    pair.accepted[0].resumeReading()
    #expect(pair.server.bytes.isEmpty)
    pair.world.run(for: .seconds(1))
    #expect(pair.server.bytes == Self.text(100_000))
    #expect(!pair.server.wasReentered)
    pair.finish()
  }

  @Test func `an end that came while nobody read is told once somebody does`() throws {
    let pair = try SecurePair()
    pair.server.whenRead = { $0.pauseReading() }
    let (client, server) = pair.connected()
    pair.world.schedule(after: .milliseconds(1)) {
      client.write([1])
      client.sayClose()
    }
    pair.world.run(for: .seconds(1))
    #expect(pair.server.heard == [.connected, .read])
    server.resumeReading()
    pair.world.run(for: .seconds(1))
    #expect(pair.server.heard == [.connected, .read, .end])
    pair.finish()
  }

  @Test func `a stream may be closed, and its handler exchanged, at any event`() throws {
    let pair = try SecurePair()
    let other = StreamRecorder()
    pair.server.whenConnected = { $0.handler = other }
    other.whenRead = { $0.close() }
    let client = pair.dial()
    client.write([1])
    pair.world.run(for: .seconds(1))
    #expect(pair.server.heard == [.connected])
    #expect(other.heard == [.read, .closed(.closedHere)])
    #expect(pair.client.heard == [.connected, .end])
    client.close()
    pair.world.run(for: .seconds(1))
    #expect(pair.near.streamCount == 0 && pair.far.streamCount == 0)
  }

  @Test func `a session is taken up again`() throws {
    let pair = try SecurePair()
    for round in 0..<3 {
      let before = pair.accepted.count
      let client = pair.dial()
      pair.world.run(for: .seconds(1))
      #expect(client.isResumed == (round > 0))
      #expect(pair.accepted[before].isResumed == (round > 0))
      client.close()
      pair.world.run(for: .seconds(1))
    }
    #expect(pair.clientEnds == [nil, nil, nil])
    pair.finish()
  }
}
