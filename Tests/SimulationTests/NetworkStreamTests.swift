import EventLoop
import Simulation
import Testing
import Vocabulary

@Suite struct NetworkStreamTests {
  @Test func `what is written comes back from an echo`() throws {
    let pair = try Pair()
    pair.server.onRead = { stream, bytes in stream.write(bytes) }
    pair.client.onConnect = { $0.write("hello") }
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.client.text == "hello")
    #expect(pair.client.heard == [.connected, .read(5)])
    #expect(pair.server.accepted.first?.peerDescription == "near:32768")
  }

  @Test func `connecting calls nobody before it has returned`() throws {
    let pair = try Pair()
    var hasReturned = false
    pair.client.onConnect = { _ in #expect(hasReturned) }
    _ = pair.connect()
    hasReturned = true
    #expect(pair.client.heard.isEmpty)
    #expect(pair.settle())
    #expect(pair.client.heard == [.connected])
  }

  @Test func `bytes written while connecting leave once connected`() throws {
    let pair = try Pair()
    let stream = pair.connect()
    stream.write("early")
    #expect(stream.bufferedByteCount == 5)
    #expect(pair.settle())
    #expect(pair.server.text == "early")
    #expect(stream.bufferedByteCount == 0)
  }

  @Test func `writes of one wake-up arrive as one read and those of two as two`() throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    pair.world.schedule(after: .milliseconds(1)) {
      client.write("a")
      client.write("b")
    }
    pair.world.schedule(after: .milliseconds(2)) { client.write("c") }
    #expect(pair.settle())
    #expect(pair.server.heard == [.read(2), .read(1)])
    #expect(pair.server.text == "abc")
  }

  @Test func `a flush sends at once and later writes of the wake-up follow apart`() throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    pair.world.schedule(after: .milliseconds(1)) {
      client.write("a")
      client.flush()
      #expect(client.bufferedByteCount == 0)
      client.write("b")
    }
    #expect(pair.settle())
    #expect(pair.server.heard == [.read(1), .read(1)])
    #expect(pair.server.text == "ab")
  }

  @Test func `gathered pieces arrive in order`() throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    let first = patternBytes(40_000)
    let second = Array("tail".utf8)
    first.withUnsafeBytes { a in
      second.withUnsafeBytes { b in
        [a, b].withUnsafeBufferPointer { client.write(gathering: $0) }
      }
    }
    #expect(pair.settle())
    #expect(pair.server.bytes == first + second)
  }

  @Test func `the read buffer is poisoned after the call`() throws {
    let pair = try Pair()
    let (client, _) = pair.connected()
    var kept: UnsafeRawBufferPointer?
    pair.server.onRead = { _, bytes in
      #expect(bytes[0] == UInt8(ascii: "x"))
      kept = bytes
    }
    client.write("x")
    #expect(pair.settle())
    #expect(kept?.first == 0xDB)
  }

  @Test(arguments: [Fragmentation.none, .seeded(chance: 1), .singleBytes])
  func `fragments keep their order and lose nothing`(_ fragmentation: Fragmentation) throws {
    var conditions = NetworkConditions()
    conditions.fragmentation = fragmentation
    conditions.kernelBufferByteCount = 4096
    let pair = try Pair(conditions)
    let (client, _) = pair.connected()
    client.write(count: 30_000)
    client.finishWriting()
    #expect(pair.settle())
    #expect(pair.server.bytes == patternBytes(30_000))
    #expect(pair.server.heard.last == .end)
    switch fragmentation {
    case .none: #expect(pair.server.reads == 8)
    case .seeded: #expect(pair.server.reads > 20)
    case .singleBytes: #expect(pair.server.reads == 30_000)
    }
  }

  @Test func `late readers see several writes as one read`() throws {
    var conditions = NetworkConditions()
    conditions.lateReadChance = 0.5
    let pair = try Pair(conditions)
    let (client, _) = pair.connected()
    for index in 0..<200 {
      pair.world.schedule(after: .microseconds(50 * index)) { client.write(count: 10) }
    }
    #expect(pair.settle())
    #expect(pair.server.bytes.count == 2000)
    #expect(pair.server.reads < 150)
    #expect(pair.server.reads > 20)
  }

  @Test func `half-close lets the other direction go on`() throws {
    let pair = try Pair()
    pair.server.onEnd = { stream in
      stream.write("answer")
      stream.finishWriting()
    }
    pair.client.onConnect = { stream in
      stream.write("question")
      stream.finishWriting()
      stream.write("ignored")
    }
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.server.text == "question")
    #expect(pair.client.heard == [.connected, .read(6), .end])
    #expect(pair.server.heard == [.read(8), .end])
  }

  @Test func `a paused reader gets nothing until it resumes, from the loop`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    server.pauseReading()
    client.write("one")
    client.finishWriting()
    #expect(pair.settle())
    #expect(pair.server.heard.isEmpty)
    server.resumeReading()
    #expect(pair.server.heard.isEmpty)
    #expect(pair.settle())
    #expect(pair.server.heard == [.read(3), .end])
  }

  @Test func `pausing inside a read stops before the next one`() throws {
    let pair = try Pair()
    let (client, server) = pair.connected()
    pair.server.onRead = { stream, _ in stream.pauseReading() }
    server.pauseReading()
    client.write(count: 100_000)
    #expect(pair.settle())
    server.resumeReading()
    #expect(pair.settle())
    #expect(pair.server.heard == [.read(65536)])
    server.resumeReading()
    #expect(pair.settle())
    #expect(pair.server.bytes == patternBytes(100_000))
  }

  @Test func `a paused reader fills the kernel and then the writer`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 10_000
    let pair = try Pair(conditions)
    let (client, server) = pair.connected()
    server.pauseReading()
    client.write(count: 100_000)
    #expect(pair.settle())
    #expect(client.bufferedByteCount == 90_000)
    #expect(!pair.client.heard.contains(.drained))
    server.resumeReading()
    #expect(pair.settle())
    #expect(client.bufferedByteCount == 0)
    #expect(pair.client.heard.filter { $0 == .drained }.count == 1)
    #expect(pair.server.bytes == patternBytes(100_000))
  }

  @Test func `drained is told once per crossing and only from above the high mark`() throws {
    let pair = try Pair()
    var options = StreamOptions()
    options.highWatermark = 1000
    options.lowWatermark = 100
    let (client, _) = pair.connected(options: options)
    client.write(count: 1000)
    #expect(pair.settle())
    #expect(!pair.client.heard.contains(.drained))
    for round in 1...3 {
      client.write(count: 1001)
      #expect(pair.client.heard.filter { $0 == .drained }.count == round - 1)
      #expect(pair.settle())
      #expect(pair.client.heard.filter { $0 == .drained }.count == round)
    }
  }

  @Test func `a writer that refills when drained keeps its queue bounded`() throws {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 8192
    let pair = try Pair(conditions)
    let (client, _) = pair.connected()
    var written = 0
    var most = 0
    func fill() {
      while written < 2_000_000 && client.bufferedByteCount <= 64 * 1024 {
        client.write(count: 5000)
        written += 5000
      }
      most = max(most, client.bufferedByteCount)
    }
    pair.client.onDrain = { _ in fill() }
    fill()
    #expect(pair.settle())
    #expect(pair.server.bytes.count == 2_000_000)
    #expect(most <= 64 * 1024 + 5000)
  }

  @Test func `limited bandwidth takes its time`() throws {
    var conditions = NetworkConditions()
    conditions.bytesPerSecond = 100_000
    let pair = try Pair(conditions)
    let (client, _) = pair.connected()
    let start = pair.world.now
    client.write(count: 50_000)
    #expect(pair.settle())
    let taken = pair.server.instants[pair.server.instants.count - 1] - start
    #expect(taken >= .milliseconds(500) && taken < .milliseconds(502))
  }

  @Test func `latency lies in its range`() throws {
    var conditions = NetworkConditions()
    conditions.latency = .milliseconds(3) ... .milliseconds(5)
    let pair = try Pair(conditions)
    let (client, _) = pair.connected()
    let start = pair.world.now
    client.write("x")
    #expect(pair.settle())
    let taken = pair.server.instants[0] - start
    #expect(taken >= .milliseconds(3) && taken <= .milliseconds(5))
  }

  @Test func `conditions of one pair leave the others alone`() throws {
    let pair = try Pair()
    let third = pair.world.makeHost("third")
    var slow = NetworkConditions()
    slow.connectLatency = .seconds(2) ... .seconds(2)
    pair.world.setConditions(slow, between: third, and: pair.far)
    let start = pair.world.now
    let other = Recorder()
    _ = third.loop.connect(
      to: HostAndPort(host: "far", port: 80), timeout: .seconds(5), options: StreamOptions(),
      handler: other)
    _ = pair.connect()
    #expect(pair.settle())
    #expect(pair.client.instants[0] - start < .milliseconds(1))
    #expect(other.instants[0] - start == .seconds(2))
  }
}
