import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What happens while answers are under way: slow clients, clients that leave, drains.
struct FrontendFlowTests {
  /// A slow network, so that bytes pile up in the router.
  private var narrow: NetworkConditions {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 8 * 1024
    return conditions
  }

  @Test(arguments: [ClientScript.Ending.close, .reset])
  func `a client that hangs up while it waits is noticed in the turn that its end arrives`(
    ending: ClientScript.Ending
  ) {
    let front = FrontendWorld()
    let client = front.client(.text(get("/")), .wait(.seconds(1)), .hangUp(ending))
    #expect(front.world.run(within: .seconds(2)) { !front.losses.isEmpty })
    let left = client.record.closedAt ?? .zero
    #expect(front.losses[0] - left < .milliseconds(1))
    #expect(front.waiting.isEmpty)
    front.world.run(for: .seconds(1))
    #expect(front.connectionCount == 0 && front.losses.count == 1)
    front.finish()
  }

  @Test func `a client that sends its end while it waits has hung up`() {
    let front = FrontendWorld()
    let client = front.client(.text(get("/")), .finishWriting)
    front.world.run(for: .seconds(1))
    #expect(front.losses.count == 1 && client.record.bytes.isEmpty)
    #expect(front.connectionCount == 0)
    front.finish()
  }

  @Test func `a client that sends its end right after a request answered at once gets its answer`()
  {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest() }
    let client = front.client(.text(get("/a")), .finishWriting)
    front.world.run(for: .seconds(1))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.body) == ["/a"])
    let broken = front.client(.text("garbage\r\n\r\n"), .finishWriting)
    front.world.run(for: .seconds(1))
    #expect(HTTPAnswer.all(in: broken.record.bytes).map(\.status) == [400])
    #expect(front.connectionCount == 0 && front.losses.isEmpty)
    front.finish()
  }

  @Test func `a client gone within its request leaves nothing behind`() {
    let front = FrontendWorld()
    for text in [
      "G", "GET / HTTP/1.1\r\nhost", "POST / HTTP/1.1\r\nhost: r\r\ncontent-length: 9\r\n\r\nab",
    ] {
      let client = front.client(.text(text), .wait(.milliseconds(20)), .hangUp(.close))
      front.world.run(for: .milliseconds(100))
      #expect(client.record.bytes.isEmpty && front.connectionCount == 0)
    }
    #expect(front.paths.isEmpty && front.losses.isEmpty)
    front.finish()
  }

  @Test func `what a client does not take is counted, and a drain is told once it has`() {
    let front = FrontendWorld(conditions: narrow) {
      $0.clientHighWatermarkBytes = 32 * 1024
      $0.clientLowWatermarkBytes = 4 * 1024
    }
    let client = front.client(.text(get("/")), .pauseReading, .wait(.seconds(10)), .resumeReading)
    front.world.run(for: .seconds(1))
    front.begin(length: nil)
    let exchange = front.waiting[0]
    let piece = [UInt8](repeating: 66, count: 1000)
    var count = 0
    while exchange.bufferedByteCount <= 32 * 1024 {
      piece.withUnsafeBytes { exchange.write($0) }
      count += 1
    }
    #expect(exchange.bufferedByteCount < 34 * 1024)
    front.world.run(for: .seconds(5))
    #expect(front.drainCount == 0 && exchange.bufferedByteCount > 20 * 1024)
    front.world.run(for: .seconds(10))
    #expect(front.drainCount == 1 && exchange.bufferedByteCount <= 4 * 1024)
    front.end()
    front.world.run(for: .seconds(1))
    let answer = HTTPAnswer.all(in: client.record.bytes)[0]
    #expect(answer.isComplete && answer.body.utf8.count == count * 1000)
    front.finish()
  }

  @Test(arguments: ["", "connection: close\r\n"])
  func `a slow client gets its whole answer, however long it takes`(fields: String) {
    let front = FrontendWorld(conditions: narrow)
    let body = String(repeating: "z", count: 100_000)
    front.answers = { front, _ in front.answerOldest(body) }
    // 400 bytes a second: over four minutes, much longer than the idle time and the lingering.
    let client = front.client(.text(get("/", fields))) {
      $0.pace = .init(byteCount: 400, interval: .seconds(1))
    }
    front.world.run(for: .seconds(400))
    let answer = HTTPAnswer.all(in: client.record.bytes)[0]
    #expect(answer.isComplete && answer.body == body)
    front.finish()
  }

  @Test(arguments: ["", "connection: close\r\n"])
  func `a client that takes nothing of its answer is closed in the end`(fields: String) {
    let front = FrontendWorld(conditions: narrow)
    front.answers = { front, _ in front.answerOldest(String(repeating: "z", count: 100_000)) }
    let client = front.client(.text(get("/", fields)), .pauseReading)
    front.world.run(for: .seconds(200))
    #expect(front.connectionCount == 0)
    #expect(client.record.bytes.count < 100_000)
    front.finish()
  }

  @Test func `requests sent ahead beyond the limit wait outside until there is room`() {
    let front = FrontendWorld(conditions: narrow) { $0.pipelinedBytes = 1000 }
    let count = 400
    let text = (0..<count).map { get("/\($0)", "x-padding: 0123456789\r\n") }.joined()
    let client = front.client(.text(text))
    front.world.run(for: .seconds(1))
    // What the router holds is its limit and one read; the rest lies in the kernels and the client.
    #expect(front.paths.count == 1)
    front.answers = { front, _ in front.later(.milliseconds(1)) { front.answerOldest() } }
    front.answerOldest()
    front.world.run(for: .seconds(30))
    let bodies = HTTPAnswer.all(in: client.record.bytes).map(\.body)
    #expect(bodies == (0..<count).map { "/\($0)" })
    front.finish()
  }

  @Test func `a large head sent ahead does not stall when it exceeds what may be sent ahead`() {
    let front = FrontendWorld { $0.pipelinedBytes = 1000 }
    let long = get("/long", "x: " + String(repeating: "y", count: 5000) + "\r\n")
    let client = front.client(
      .text(get("/a") + String(long.prefix(3000))), .awaitBytes(Array("/a".utf8)),
      .text(String(long.dropFirst(3000))))
    front.later(.milliseconds(50)) { front.answerOldest() }
    front.later(.milliseconds(500)) {
      if !front.waiting.isEmpty { front.answerOldest() }
    }
    front.world.run(for: .seconds(1))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.body) == ["/a", "/long"])
    front.finish()
  }

  @Test func `an answer that is cut never looks complete`() {
    for length in [nil, 100] as [Int?] {
      let front = FrontendWorld()
      let client = front.client(.text(get("/")))
      front.world.run(for: .milliseconds(50))
      front.begin(length: length)
      withBytes(of: "some") { front.waiting[0].write($0) }
      front.end(cutting: true)
      front.world.run(for: .seconds(1))
      let answer = HTTPAnswer.all(in: client.record.bytes)[0]
      #expect(!answer.isComplete && client.record.endedAt != nil)
      // A client that keeps its side open is waited for a while.
      front.world.run(for: .seconds(10))
      #expect(front.connectionCount == 0)
      front.finish()
    }
  }

  @Test
  func `a drain closes idle connections, ends live ones with their answer and takes no new one`() {
    let front = FrontendWorld()
    let idle = front.client()
    let live = front.client(.text(get("/live")))
    let sending = front.client(
      .text("POST /late HTTP/1.1\r\nhost: r\r\ncontent-length: 2\r\n\r\n"),
      .wait(.milliseconds(200)), .text("ok"))
    front.world.run(for: .milliseconds(50))
    var emptied = 0
    front.frontend?.drain { emptied += 1 }
    let late = front.client(.text(get("/x")))
    front.world.run(for: .milliseconds(50))
    #expect(idle.record.endedAt != nil && !live.isClosed && emptied == 0)
    #expect(late.isClosed && late.record.connectedAt == nil)
    front.answerOldest()
    front.world.run(for: .milliseconds(300))
    front.answerOldest()
    front.world.run(for: .seconds(5))
    for (client, body) in [(live, "/live"), (sending, "/late")] {
      let answers = HTTPAnswer.all(in: client.record.bytes)
      #expect(answers.map(\.body) == [body] && answers[0]["connection"] == "close")
    }
    #expect(emptied == 1 && front.connectionCount == 0)
    front.finish()
  }

  @Test func `a drain lets an idle client take the rest of its last answer`() {
    let front = FrontendWorld(conditions: narrow)
    let body = String(repeating: "z", count: 50_000)
    front.answers = { front, _ in front.answerOldest(body) }
    let client = front.client(.text(get("/"))) {
      $0.pace = .init(byteCount: 4000, interval: .seconds(1))
    }
    front.world.run(for: .milliseconds(100))
    front.frontend?.drain()
    front.world.run(for: .seconds(30))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.body) == [body])
    #expect(front.connectionCount == 0)
    front.finish()
  }
}
