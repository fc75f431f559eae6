import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// A front end that answers each request at once with its own path.
private func makeEcho(_ configure: (inout Limits) -> Void = { _ in }) -> FrontendWorld {
  let front = FrontendWorld(configure: configure)
  front.answers = { front, _ in front.answerOldest() }
  return front
}

struct FrontendTests {
  private func bodies(_ client: SimulatedClient) -> [String] {
    HTTPAnswer.all(in: client.record.bytes).map(\.body)
  }

  @Test func `requests sent ahead are answered in order, at once or later, however they are cut`() {
    let text = get("/a") + post("/b", "{}") + get("/c") + post("/d", "xyz") + get("/e")
    let expected = ["/a", "/b", "/c", "/d", "/e"]
    for size in [1, 2, 3, 5, 17, 33, 50, 1000] {
      for answersLater in [false, true] {
        let front = makeEcho()
        if answersLater { front.answers = { front, _ in front.later { front.answerOldest() } } }
        let client = front.client(
          .sendInPieces(Array(text.utf8), size: size, pause: .milliseconds(5)))
        front.world.run(for: .seconds(3))
        #expect(bodies(client) == expected, "pieces of \(size)")
        #expect(front.bodies == ["", "{}", "", "xyz", ""])
        #expect(front.connectionCount == 1 && !client.isClosed)
        front.finish()
      }
    }
  }

  @Test func `a connection carries one request after another and is closed once it is idle`() {
    let front = makeEcho()
    let client = front.client(
      .text(get("/1")), .awaitBytes(Array("/1".utf8)), .wait(.seconds(60)), .text(get("/2")))
    front.world.run(for: .seconds(70))
    #expect(bodies(client) == ["/1", "/2"])
    front.world.run(for: .seconds(70))
    #expect(client.record.endedAt != nil && front.connectionCount == 0)
    front.finish()
  }

  @Test func `a silent connection is closed after the idle time, without an answer`() {
    let front = makeEcho()
    let client = front.client()
    front.world.run(for: .seconds(74))
    #expect(front.connectionCount == 1)
    front.world.run(for: .seconds(2))
    #expect(front.connectionCount == 0 && client.record.bytes.isEmpty)
    front.finish()
  }

  @Test(arguments: [
    ("GET /x HTTP/1.1\r\nhost: r\r\nconnection: close\r\n\r\n", true),
    ("GET /x HTTP/1.0\r\n\r\n", true),
    ("GET /x HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", false),
    ("GET /x HTTP/1.1\r\nhost: r\r\n\r\n", false),
    ("GET /x HTTP/1.1\r\nhost: r\r\nconnection: close, x\r\nx: y\r\n\r\n", true),
  ])
  func `a connection ends or lives on as the client's version and fields say`(
    text: String, ends: Bool
  ) {
    let front = makeEcho()
    let client = front.client(.text(text))
    front.world.run(for: .milliseconds(100))
    let answers = HTTPAnswer.all(in: client.record.bytes)
    #expect(answers.map(\.body) == ["/x"] && answers.allSatisfy { $0.isComplete })
    #expect((client.record.endedAt != nil) == ends)
    #expect((answers[0]["connection"] == "close") == ends)
    if text.contains("keep-alive") { #expect(answers[0]["connection"] == "keep-alive") }
    front.world.run(for: .seconds(3))
    #expect((front.connectionCount == 0) == ends)
    front.finish()
  }

  @Test func `an answer of unknown length is chunked for 1.1, and until the end for 1.0`() {
    for version in ["1.1", "1.0"] {
      let front = FrontendWorld()
      front.answers = { front, _ in front.answerOldest("some text", length: false) }
      let client = front.client(.text("GET / HTTP/\(version)\r\nhost: r\r\n\r\n"))
      front.world.run(for: .milliseconds(100))
      let answer = HTTPAnswer.all(in: client.record.bytes)[0]
      #expect(answer.body == "some text")
      #expect(answer.isComplete == (version == "1.1"))
      #expect((client.record.endedAt != nil) == (version == "1.0"))
      front.finish()
    }
  }

  @Test(arguments: [200, 204, 304])
  func `HEAD, 204 and 304 get a head only, and the next answer is its own`(status: Int) {
    let front = FrontendWorld()
    front.answers = { front, exchange in
      front.begin(status: exchange.head.method == .head ? status : 200, length: 2)
      withBytes(of: "hi") { exchange.write($0) }
      front.end()
    }
    let client = front.client(.text(get("/", method: "HEAD") + get("/")))
    front.world.run(for: .milliseconds(100))
    let answers = HTTPAnswer.all(in: client.record.bytes) { $0 == 1 }
    #expect(answers.map(\.status) == [status, 200])
    #expect(answers.map(\.body) == ["", "hi"])
    #expect(answers[0]["content-length"] == (status == 204 ? nil : "2"))
    front.finish()
  }

  @Test func `a client that waits for 100 gets it, and one that does not wait gets none`() {
    let front = makeEcho()
    let head = "POST /x HTTP/1.1\r\nhost: r\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n"
    let polite = front.client(.text(head), .awaitBytes(Array("100 ".utf8)), .text("abc"))
    let hasty = front.client(.text(head + "abc"))
    front.world.run(for: .milliseconds(200))
    #expect(HTTPAnswer.all(in: polite.record.bytes).map(\.status) == [100, 200])
    #expect(HTTPAnswer.all(in: hasty.record.bytes).map(\.status) == [200])
    #expect(front.bodies == ["abc", "abc"])
    front.finish()
  }

  @Test func `a client that waits for 100 with too large a body gets 413 instead`() {
    let front = makeEcho { $0.requestBodyBytes = 2 }
    let head = "POST /x HTTP/1.1\r\nhost: r\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n"
    let client = front.client(.text(head))
    front.world.run(for: .milliseconds(200))
    #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [413])
    #expect(front.refusals == [413])
    front.finish()
  }

  @Test func `a body as large as the limit is taken, plain or chunked, and one byte more is not`() {
    let chunks = "transfer-encoding: chunked\r\n\r\n"
    for (text, status) in [
      (post("/", "12345"), 200), (post("/", "123456"), 413),
      ("POST / HTTP/1.1\r\nhost: r\r\n\(chunks)2\r\n12\r\n3\r\n345\r\n0\r\n\r\n", 200),
      ("POST / HTTP/1.1\r\nhost: r\r\n\(chunks)2\r\n12\r\n4\r\n3456\r\n0\r\n\r\n", 413),
    ] {
      let front = makeEcho { $0.requestBodyBytes = 5 }
      let client = front.client(.text(text))
      front.world.run(for: .milliseconds(200))
      #expect(HTTPAnswer.all(in: client.record.bytes).map(\.status) == [status])
      front.finish()
    }
  }

  @Test func `a connection over the limit is closed at once, and a place is free again after`() {
    let front = makeEcho { $0.clientConnections = 2 }
    let clients = (0..<3).map { _ in front.client() }
    front.world.run(for: .milliseconds(50))
    #expect(clients.map { $0.record.endedAt != nil || $0.isClosed } == [false, false, true])
    #expect(front.connectionCount == 2 && front.frontend?.refusedConnections == 1)
    clients[0].hangUp(.close)
    front.world.run(for: .milliseconds(50))
    let next = front.client(.text(get("/next")))
    front.world.run(for: .milliseconds(50))
    #expect(bodies(next) == ["/next"])
    front.finish()
  }

  @Test func `an exchange that is over ignores whatever is still done with it`() {
    let front = FrontendWorld()
    let client = front.client(.text(get("/")), .wait(.milliseconds(20)), .hangUp(.reset))
    front.world.run(for: .milliseconds(10))
    let exchange = front.waiting[0]
    front.world.run(for: .milliseconds(50))
    #expect(client.isClosed && exchange.isOver && front.losses.count == 1)
    exchange.begin(status: 200, fields: ByteBuffer(), length: nil)
    withBytes(of: "x") { exchange.write($0) }
    exchange.end()
    exchange.cut()
    #expect(exchange.bufferedByteCount == 0)
    front.finish()
  }
}
