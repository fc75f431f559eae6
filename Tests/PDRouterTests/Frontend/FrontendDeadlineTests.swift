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

  @Test func `a body may trickle, but gets 408 after a minute of silence`() {
    let front = FrontendWorld()
    let client = front.client(
      .text("POST / HTTP/1.1\r\nhost: r\r\ncontent-length: 9\r\n\r\n"),
      .sendInPieces(Array("abcd".utf8), size: 1, pause: .seconds(50)))
    front.world.run(for: .seconds(205))
    #expect(client.record.bytes.isEmpty && front.connectionCount == 1)
    front.world.run(for: .seconds(10))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [408])
    #expect(front.paths.isEmpty)
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
