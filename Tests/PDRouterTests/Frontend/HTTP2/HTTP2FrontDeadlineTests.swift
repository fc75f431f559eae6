import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// How long a client may take for each of its streams, and for its connection.
struct HTTP2FrontDeadlineTests {
  private func settings(
    _ configure: (inout ClientHTTP2Settings) -> Void
  ) -> ClientHTTP2Settings {
    var settings = ClientHTTP2Settings()
    configure(&settings)
    return settings
  }

  @Test func `a connection without a request is told to leave after the idle time, and closed`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest() }
    let client = front.http2Client()
    front.world.run(for: .seconds(74))
    #expect(client.goAways.isEmpty && front.connectionCount == 1)
    client.request("GET", "/a")
    front.world.run(for: .seconds(74))
    #expect(client.goAways.isEmpty && front.connectionCount == 1)
    front.world.run(for: .seconds(2))
    #expect(client.goAways.map(\.last) == [HTTP2StreamID(.max)])
    #expect(client.goAways.allSatisfy { $0.code == .noError })
    front.world.run(for: .seconds(1))
    #expect(client.endedAt != nil && front.connectionCount == 0 && front.faults.isEmpty)
    front.finish()
  }

  @Test func `a client that speaks HTTP/2 and then nothing at all is closed after the idle time`() {
    let front = FrontendWorld()
    let client = front.client(.text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    front.world.run(for: .seconds(74))
    #expect(front.connectionCount == 1)
    // It does not answer the PING either, and does not close its side.
    front.world.run(for: .seconds(9))
    #expect(client.record.endedAt != nil && front.connectionCount == 0)
    front.finish()
  }

  @Test func `a preface that does not come to its end gets 408`() {
    let front = FrontendWorld()
    let client = front.client(.text("PRI * HTTP/2.0\r\n\r\nSM\r\n"))
    front.world.run(for: .seconds(59))
    #expect(client.record.bytes.isEmpty && front.connectionCount == 1)
    front.world.run(for: .seconds(4))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [408])
    #expect(front.connectionCount == 0)
    front.finish()
  }

  @Test func `a header block that does not come to its end ends the connection`() {
    let front = FrontendWorld()
    // HEADERS of stream 1 without END_HEADERS, and an empty settings frame before.
    let bytes =
      Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
      + [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]
    let client = front.client(.wait(.seconds(5)), .send(bytes))
    front.world.run(for: .seconds(64))
    #expect(front.faults.isEmpty && front.connectionCount == 1)
    front.world.run(for: .seconds(7))
    #expect(front.faults == ["head_timeout"] && front.connectionCount == 0)
    #expect(client.record.endedAt != nil && front.paths.isEmpty)
    front.finish()
  }

  @Test func `a body may come slowly, but gets 408 after a minute of silence, others go on`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest() }
    let client = front.http2Client()
    let slow = client.request("POST", "/slow", body: [], ends: false)
    for second in stride(from: 0, through: 220, by: 55) {
      front.later(.seconds(second) + .milliseconds(10)) {
        client.write([UInt8](repeating: 65, count: 30_000), to: slow)
      }
    }
    front.world.run(for: .seconds(279))
    let other = client.request("GET", "/other")
    #expect(client.answers[slow]?.status == 0)
    front.world.run(for: .seconds(3))
    #expect(client.answers[slow]?.status == 408 && client.answers[slow]?.code == .noError)
    #expect(client.answers[other]?.text == "/other" && front.paths == ["/other"])
    #expect(front.connectionCount == 1 && front.refusals == [408])
    front.finish()
  }

  @Test(arguments: [(1, 50), (100, 1), (256, 1)])
  func `a body that trickles gets 408 although it is never silent`(size: Int, pause: Int) {
    let front = FrontendWorld()
    let client = front.http2Client()
    let slow = client.request("POST", "/slow", body: [], ends: false)
    for round in 0..<300 {
      front.later(.seconds(round * pause) + .milliseconds(10)) {
        client.write([UInt8](repeating: 65, count: size), to: slow)
      }
    }
    front.world.run(for: .seconds(59))
    #expect(client.answers[slow]?.status == 0)
    // At half of the slowest rate the minute is twice as long.
    front.world.run(for: .seconds(64))
    #expect(client.answers[slow]?.status == 408)
    front.finish()
  }

  @Test func `a body in pieces that nobody takes is not blamed for silence, and then is again`() {
    let front = FrontendWorld()
    front.takesPieces = true
    let client = front.http2Client()
    let id = client.request(
      "POST", "/", body: [UInt8](repeating: 65, count: 1_000_000), ends: false)
    front.world.run(for: .seconds(500))
    #expect(front.waiting.count == 1 && front.losses.isEmpty)
    for round in 0..<10 {
      front.later(.seconds(round)) { front.waiting[0].dropBody() }
    }
    front.world.run(for: .seconds(60))
    #expect(front.waiting.count == 1 && front.losses.isEmpty)
    front.world.run(for: .seconds(15))
    #expect(front.losses.count == 1 && client.answers[id]?.status == 408)
    front.finish()
  }

  @Test func `a client that takes nothing of an answer for a minute loses that stream`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let slow = client.request("GET", "/slow")
    client.heldStreams.insert(slow)
    front.world.run(for: .milliseconds(50))
    let exchange = front.takeOldest()
    front.later {
      exchange.begin(status: 200, fields: ByteBuffer(), length: nil)
      withBytes(of: String(repeating: "x", count: 100_000)) { exchange.write($0) }
    }
    front.world.run(for: .seconds(58))
    #expect(front.losses.isEmpty)
    front.world.run(for: .seconds(22))
    #expect(front.losses.count == 1 && client.answers[slow]?.code == .cancel)
    #expect(front.connectionCount == 1 && front.frontend?.http2Figures.stalls == 1)
    let next = client.request("GET", "/next")
    front.world.run(for: .milliseconds(50))
    front.later { front.answerOldest() }
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[next]?.text == "/next" && front.faults.isEmpty)
    front.finish()
  }

  @Test func `an answer that has ended and is not taken is reset too`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest(String(repeating: "z", count: 100_000)) }
    let client = front.http2Client()
    let slow = client.request("GET", "/slow")
    client.heldStreams.insert(slow)
    front.world.run(for: .seconds(80))
    #expect(client.answers[slow]?.code == .cancel && front.losses.isEmpty)
    #expect(front.connectionCount == 1 && front.frontend?.http2Figures.streams == 0)
    front.finish()
  }

  @Test func `a client that reads slowly, and an answer that pauses, may go on`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let id = client.request("GET", "/a")
    client.heldStreams.insert(id)
    front.later { front.begin(length: nil) }
    front.later(.seconds(200)) {
      withBytes(of: String(repeating: "x", count: 200_000)) { front.waiting.first?.write($0) }
    }
    for round in 0..<60 {
      front.later(.seconds(210 + 10 * round)) {
        client.release(id)
        client.heldStreams.insert(id)
      }
    }
    front.later(.seconds(750)) { if !front.waiting.isEmpty { front.end() } }
    front.world.run(for: .seconds(900))
    #expect(front.losses.isEmpty && client.answers[id]?.isComplete == true)
    #expect(client.answers[id]?.body.count == 200_000)
    front.finish()
  }

  @Test func `answers that stall one after the other end the connection`() {
    let front = FrontendWorld(http2: settings { $0.stallsInARow = 3 })
    front.answers = { front, _ in front.answerOldest(String(repeating: "z", count: 100_000)) }
    let client = front.http2Client()
    for _ in 0..<3 {
      client.heldStreams.insert(client.request("GET", "/slow"))
    }
    front.world.run(for: .seconds(80))
    #expect(front.faults == ["stalled"])
    #expect(client.goAways.map(\.code) == [.enhanceYourCalm])
    front.world.run(for: .seconds(6))
    #expect(front.connectionCount == 0)
    front.finish()
  }

  @Test func `a client that takes nothing from its socket for a minute is closed`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 8 * 1024
    let front = FrontendWorld(conditions: narrow, http2: settings { $0.keepAliveInterval = .zero })
    let client = front.http2Client()
    let ids = (0..<3).map { client.request("GET", "/\($0)") }
    front.world.run(for: .milliseconds(50))
    client.stream?.pauseReading()
    front.later {
      while !front.waiting.isEmpty { front.answerOldest(String(repeating: "z", count: 50_000)) }
    }
    front.world.run(for: .seconds(58))
    #expect(front.connectionCount == 1)
    front.world.run(for: .seconds(30))
    #expect(front.connectionCount == 0 && front.faults == ["stalled"])
    #expect(ids.allSatisfy { client.answers[$0]?.isComplete != true })
    front.finish()
  }

  @Test
  func `a silent client with a request is asked whether it lives, and lives on if it says so`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let id = client.request("GET", "/a")
    front.world.run(for: .seconds(1000))
    #expect(front.connectionCount == 1 && front.losses.isEmpty)
    front.later { front.answerOldest() }
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[id]?.text == "/a")
    front.finish()
  }

  @Test func `a dead client with a request is noticed, and one without is not asked`() {
    let front = FrontendWorld(http2: settings { $0.keepAliveInterval = .seconds(30) })
    let client = front.http2Client()
    client.request("GET", "/a")
    front.world.run(for: .seconds(1))
    client.stream?.pauseReading()
    let start = front.world.now
    #expect(front.world.run(within: .seconds(100)) { !front.losses.isEmpty })
    let time = (front.losses[0] - start).inSeconds
    #expect((45.0...70.0).contains(time), "\(time)")
    #expect(front.faults == ["ping_timeout"])
    front.world.run(for: .seconds(10))
    #expect(front.connectionCount == 0)
    front.finish()
  }

  @Test func `an answer may take as long as it likes`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let id = client.request("GET", "/a")
    front.later(.seconds(1000)) { front.answerOldest() }
    front.world.run(for: .seconds(1001))
    #expect(client.answers[id]?.status == 200)
    front.finish()
  }
}
