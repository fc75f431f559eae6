import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// How connections end: drains, limits, aborts.
struct HTTP2FrontEndTests {
  @Test func `a drain tells clients to leave, serves what is live and what crosses it, and closes`()
  {
    let front = FrontendWorld()
    let idle = front.http2Client()
    let busy = front.http2Client()
    let live = busy.request("GET", "/live")
    let sending = busy.request("POST", "/sending", body: Array("o".utf8), ends: false)
    front.world.run(for: .milliseconds(50))
    var emptied = 0
    front.frontend?.drain { emptied += 1 }
    // Sent before the client can know.
    let crossing = busy.request("GET", "/crossing")
    front.world.run(for: .milliseconds(100))
    #expect(idle.endedAt != nil && !busy.isClosed && emptied == 0)
    #expect(busy.goAways.map(\.last) == [HTTP2StreamID(.max), crossing])
    #expect(!busy.session.mayOpenStream)
    front.later { front.answerOldest() }
    front.world.run(for: .milliseconds(50))
    busy.write(Array("k".utf8), to: sending)
    busy.end(sending)
    front.world.run(for: .milliseconds(50))
    #expect(front.bodies == ["", "", "ok"])
    front.later { while !front.waiting.isEmpty { front.answerOldest() } }
    front.world.run(for: .seconds(1))
    for (id, body) in [(live, "/live"), (sending, "/sending"), (crossing, "/crossing")] {
      #expect(busy.answers[id]?.text == body && busy.answers[id]?.isComplete == true)
    }
    #expect(emptied == 1 && front.connectionCount == 0 && front.losses.isEmpty)
    front.finish()
  }

  @Test func `a drain lets a client take the rest of its last answer`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 8 * 1024
    let front = FrontendWorld(conditions: narrow)
    let body = String(repeating: "z", count: 60_000)
    front.answers = { front, _ in front.answerOldest(body) }
    let client = front.http2Client()
    let id = client.request("GET", "/")
    client.stream?.pauseReading()
    front.world.run(for: .milliseconds(100))
    front.frontend?.drain()
    front.world.run(for: .seconds(30))
    #expect(front.connectionCount == 1)
    client.stream?.resumeReading()
    front.world.run(for: .seconds(5))
    #expect(client.answers[id]?.text == body && client.answers[id]?.isComplete == true)
    #expect(front.connectionCount == 0)
    front.finish()
  }

  @Test func `while the front end leaves, the first answer tells its client to leave too`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest() }
    let client = front.http2Client()
    front.world.run(for: .milliseconds(50))
    front.frontend?.beginLeaving()
    front.world.run(for: .seconds(5))
    #expect(client.goAways.isEmpty)
    let id = client.request("GET", "/last")
    front.world.run(for: .seconds(1))
    #expect(client.answers[id]?.text == "/last" && !client.goAways.isEmpty)
    #expect(front.connectionCount == 0)
    let late = front.http2Client()
    let lateID = late.request("GET", "/late")
    front.world.run(for: .seconds(1))
    #expect(late.answers[lateID]?.text == "/late" && front.connectionCount == 0)
    front.finish()
  }

  @Test(arguments: [1, 3])
  func `a connection that has carried as many requests as it may is told to leave`(limit: Int) {
    let front = FrontendWorld { $0.requestsPerConnection = limit }
    front.answers = { front, _ in front.answerOldest() }
    let client = front.http2Client()
    for number in 0..<limit {
      #expect(client.goAways.isEmpty)
      let id = client.request("GET", "/\(number)")
      front.world.run(for: .milliseconds(50))
      #expect(client.answers[id]?.text == "/\(number)")
    }
    front.world.run(for: .seconds(1))
    // nghttp2 does not look at the second one once nothing is left to be heard.
    #expect(client.goAways.map(\.last) == [HTTP2StreamID(.max)] && front.connectionCount == 0)
    front.finish()
  }

  @Test func `a client that says it leaves is left once its requests are answered`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let id = client.request("GET", "/a")
    front.world.run(for: .milliseconds(50))
    client.session.beginGracefulEnd()
    client.needsOutput()
    front.world.run(for: .seconds(10))
    #expect(front.connectionCount == 1)
    front.later { front.answerOldest() }
    front.world.run(for: .seconds(1))
    #expect(client.answers[id]?.text == "/a" && front.connectionCount == 0)
    front.finish()
  }

  @Test func `whoever answers has a last word when everything ends at once`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let ids = (0..<3).map { client.request("GET", "/\($0)") }
    front.world.run(for: .milliseconds(50))
    front.later { front.begin(length: nil) }
    front.world.run(for: .milliseconds(50))
    front.frontend?.cutShort()
    front.world.run(for: .seconds(1))
    #expect(client.answers[ids[0]]?.code == .internalError)
    #expect(client.answers[ids[0]]?.isComplete == false)
    for id in ids[1...] { #expect(client.answers[id]?.status == 503) }
    #expect(client.goAways.last?.code == .noError)
    #expect(front.connectionCount == 0 && client.isClosed)
    front.finish()
  }

  @Test func `an abort closes at once, after what was written`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let id = client.request("GET", "/")
    front.world.run(for: .milliseconds(50))
    front.later {
      front.begin(length: nil)
      withBytes(of: "some") { front.waiting[0].write($0) }
      front.frontend?.abort()
    }
    front.world.run(for: .seconds(1))
    #expect(client.answers[id]?.text == "some" && client.answers[id]?.isComplete == false)
    #expect(client.isClosed && front.connectionCount == 0 && front.losses.count == 1)
    front.finish()
  }

  @Test func `connections over the limit are closed at once, whatever they would speak`() {
    let front = FrontendWorld { $0.clientConnections = 2 }
    front.answers = { front, _ in front.answerOldest() }
    let clients = (0..<3).map { _ in front.http2Client() }
    let ids = clients.map { $0.request("GET", "/a") }
    front.world.run(for: .milliseconds(50))
    #expect(zip(clients, ids).map { $0.answers[$1]?.text } == ["/a", "/a", ""])
    #expect(front.refusedConnections == [.limit] && front.connectionCount == 2)
    clients[0].close()
    front.world.run(for: .milliseconds(50))
    let next = front.http2Client()
    let id = next.request("GET", "/next")
    front.world.run(for: .milliseconds(50))
    #expect(next.answers[id]?.text == "/next")
    front.finish()
  }
}
