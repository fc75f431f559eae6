import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct FrontendDeadlineTests {
  private func seconds(_ from: Instant, _ to: Instant?) -> Double {
    to.map { ($0 - from).inSeconds } ?? .infinity
  }

  @Test func `a head that trickles gets 408 a minute after its first byte, not its last`() {
    let front = FrontendWorld()
    let bytes = Array(String(repeating: "x-slow: yes\r\n", count: 100).utf8)
    let client = front.client(
      .wait(.seconds(10)), .text("GET / HTTP/1.1\r\nhost: r\r\n"),
      .sendInPieces(bytes, size: 1, pause: .seconds(1)))
    front.world.run(for: .seconds(80))
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.map(\.status) == [408] && answers[0].isErrorObject)
    #expect(answers[0]["connection"] == "close")
    let time = seconds(client.record.startedAt, client.record.instant(ofByte: 0))
    #expect((69.9...70.2).contains(time))
    #expect(front.refusals == [408] && front.connectionCount == 0)
    front.finish()
  }

  @Test func `a second head that trickles gets its own minute`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest() }
    let client = front.client(
      .text(get("/a")), .wait(.seconds(30)), .text("GET"),
      .sendInPieces(Array(repeating: UInt8(ascii: " "), count: 99), size: 1, pause: .seconds(30)))
    front.world.run(for: .seconds(89))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200])
    front.world.run(for: .seconds(2))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200, 408])
    front.finish()
  }

  @Test func `a head sent ahead and unfinished gets its minute once its turn has come`() {
    let front = FrontendWorld()
    let client = front.client(.text(get("/a") + "GET /b"))
    front.later(.seconds(100)) { front.answerOldest() }
    front.world.run(for: .seconds(159))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200])
    front.world.run(for: .seconds(2))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200, 408])
    front.finish()
  }

  private static let longBody = "POST / HTTP/1.1\r\nhost: r\r\ncontent-length: 600000\r\n\r\n"

  @Test func `a body may come slowly, but gets 408 after a minute of silence`() {
    let front = FrontendWorld()
    let piece = [UInt8](repeating: 65, count: 5 * 30_000)
    let client = front.client(
      .text(Self.longBody), .sendInPieces(piece, size: 30_000, pause: .seconds(55)))
    // The last of five pieces comes at 220 s.
    front.world.run(for: .seconds(279))
    #expect(client.record.bytes.isEmpty && front.connectionCount == 1)
    front.world.run(for: .seconds(3))
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.map(\.status) == [408] && answers[0].isErrorObject)
    #expect(front.paths.isEmpty)
    front.finish()
  }

  @Test(arguments: [(1, 50), (100, 1), (256, 1)])
  func `a body that trickles gets 408 although it is never silent`(size: Int, pause: Int) {
    let front = FrontendWorld()
    let bytes = [UInt8](repeating: 65, count: size * 300)
    let client = front.client(
      .text(Self.longBody), .sendInPieces(bytes, size: size, pause: .seconds(pause)))
    front.world.run(for: .seconds(59))
    #expect(client.record.bytes.isEmpty && front.connectionCount == 1)
    // At half of the slowest rate the minute is twice as long.
    front.world.run(for: .seconds(64))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [408])
    front.finish()
  }

  @Test func `a body of the slowest rate is taken whole, however long that takes`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest("thanks") }
    let bytes = [UInt8](repeating: 65, count: 600_000)
    let client = front.client(
      .text(Self.longBody), .sendInPieces(bytes, size: 520 * 10, pause: .seconds(10)))
    front.world.run(for: .seconds(1200))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.body) == ["thanks"])
    front.finish()
  }

  @Test func `a client that takes nothing of a live answer for a minute has left`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 8 * 1024
    let front = FrontendWorld(conditions: narrow)
    _ = front.client(.pauseReading, .text(get("/a")))
    front.world.run(for: .milliseconds(100))
    front.later { front.begin(length: nil) }
    for second in 0..<30 {
      front.later(.seconds(second) + .milliseconds(20)) {
        guard let exchange = front.waiting.first, exchange.bufferedByteCount < 64 * 1024 else {
          return
        }
        withBytes(of: String(repeating: "x", count: 5000)) { exchange.write($0) }
      }
    }
    front.world.run(for: .seconds(55))
    #expect(front.connectionCount == 1 && front.losses.isEmpty)
    front.world.run(for: .seconds(25))
    #expect(front.connectionCount == 0 && front.losses.count == 1)
    front.finish()
  }

  @Test func `a client that reads slowly, and an answer that pauses, may go on`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 8 * 1024
    let front = FrontendWorld(conditions: narrow)
    let client = front.client(.text(get("/a"))) {
      $0.pace = .init(byteCount: 2000, interval: .seconds(10))
    }
    front.later { front.begin(length: nil) }
    front.later(.seconds(200)) {
      withBytes(of: String(repeating: "x", count: 100_000)) { front.waiting.first?.write($0) }
    }
    front.later(.seconds(750)) { if !front.waiting.isEmpty { front.end() } }
    front.world.run(for: .seconds(1500))
    #expect(front.losses.isEmpty)
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.count == 1 && answers[0].isComplete && answers[0].body.utf8.count == 100_000)
    front.finish()
  }

  @Test func `an answer may take as long as it likes`() {
    let front = FrontendWorld()
    let client = front.client(.text(get("/a")))
    front.later(.seconds(1000)) { front.answerOldest() }
    front.world.run(for: .seconds(1001))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [200])
    front.finish()
  }

  @Test func `after an error what still comes is read for a while, so that the error is read too`()
  {
    let front = FrontendWorld { $0.requestBodyBytes = 10 }
    let client = front.client(
      .text("POST / HTTP/1.1\r\nhost: r\r\ncontent-length: 100000\r\n\r\n"),
      .sendInPieces(Array(repeating: 65, count: 100_000), size: 10_000, pause: .milliseconds(50)))
    front.world.run(for: .seconds(1))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [413])
    #expect(client.record.closeReason == nil && client.record.endedAt != nil)
    front.world.run(for: .seconds(2))
    #expect(front.connectionCount == 0)
    front.finish()
  }
}
