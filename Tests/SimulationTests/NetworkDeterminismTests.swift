import EventLoop
import Simulation
import Testing
import Vocabulary

@Suite struct NetworkDeterminismTests {
  /// A rough world with many streams, a crash, a restart and a partition.
  private func run(seed: UInt64, word: String = "payload", lines: ((String) -> Void)? = nil) throws
    -> (hash: UInt64, events: Int, received: Int)
  {
    let pair = try Pair(seed: seed, .rough)
    pair.world.traceLine = lines
    pair.server.onRead = { stream, bytes in stream.write(bytes) }
    pair.server.onEnd = { $0.closeAfterFlush() }
    pair.client.onConnect = { stream in
      for _ in 0..<20 { stream.write(word) }
      stream.finishWriting()
    }
    pair.client.onEnd = { $0.close() }
    for index in 0..<50 {
      pair.world.schedule(after: .milliseconds(index * 7)) { _ = pair.connect() }
    }
    pair.world.schedule(after: .milliseconds(100)) { pair.world.partition(pair.near, pair.far) }
    pair.world.schedule(after: .milliseconds(150)) { pair.world.healAll() }
    pair.world.schedule(after: .milliseconds(250)) { pair.far.crash() }
    pair.world.schedule(after: .milliseconds(300)) {
      _ = try? pair.far.restart().listen(
        on: HostAndPort(host: "far", port: 80), options: ListenerOptions(), handler: pair.server)
    }
    #expect(pair.settle())
    #expect(pair.client.closeReasons.count == 50)
    #expect(pair.near.loop.streamCount == 0 && pair.far.loop.streamCount == 0)
    return (pair.world.traceHash, pair.world.eventCount, pair.client.bytes.count)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `the same seed gives the same events`(_ seed: UInt64) throws {
    let first = try run(seed: seed)
    let second = try run(seed: seed)
    #expect(first == second)
    #expect(first.received > 1000)
  }

  @Test func `different seeds give different events`() throws {
    let hashes = Set(try (1...20).map { try run(seed: $0).hash })
    #expect(hashes.count == 20)
  }

  @Test func `different bytes give a different hash`() throws {
    #expect(try run(seed: 1, word: "payload").hash != run(seed: 1, word: "paylaod").hash)
  }

  @Test func `a trace changes nothing and tells every step`() throws {
    var lines: [String] = []
    let traced = try run(seed: 3) { lines.append($0) }
    #expect(try run(seed: 3) == traced)
    #expect(lines.count > 300)
    #expect(lines.contains { $0.contains("far crashes leaving resets") })
    #expect(lines.contains { $0.hasPrefix("1000.") && $0.contains("near > far") })
  }

  @Test func `notes are part of the hash`() {
    let one = SimulatedWorld(seed: 1)
    let other = SimulatedWorld(seed: 1)
    #expect(one.traceHash == other.traceHash)
    one.note("x")
    #expect(one.traceHash != other.traceHash)
  }

  @Test func `made generators follow the seed and differ from each other`() {
    let one = SimulatedWorld(seed: 5)
    let twin = SimulatedWorld(seed: 5)
    var a = one.makeGenerator()
    var b = twin.makeGenerator()
    var c = one.makeGenerator()
    let (first, same, next) = (a.next(), b.next(), c.next())
    #expect(first == same)
    #expect(first != next)
  }

  @Test func `ten thousand streams echo and end`() throws {
    let pair = try Pair()
    pair.server.onRead = { stream, bytes in stream.write(bytes) }
    pair.server.onEnd = { $0.closeAfterFlush() }
    pair.client.onConnect = { $0.write("hello") }
    pair.client.onRead = { stream, _ in stream.close() }
    for _ in 0..<10_000 { _ = pair.connect() }
    #expect(pair.settle())
    #expect(pair.client.bytes.count == 50_000)
    #expect(pair.client.closeReasons.count == 10_000)
    #expect(pair.server.closeReasons.count == 10_000)
    #expect(pair.near.loop.streamCount == 0 && pair.far.loop.streamCount == 0)
  }
}
