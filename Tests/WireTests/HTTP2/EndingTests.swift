import Testing
import Vocabulary
import Wire

/// Ends of streams and connections, asked for or not.
struct EndingTests {
  private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
  private static let post = "POST / HTTP/1.1\r\nHost: h\r\n\r\n"

  private func pair(_ settings: HTTP2Settings = HTTP2Settings()) -> (SessionSide, SessionSide) {
    let (client, server) = (SessionSide(.client, settings), SessionSide(.server, settings))
    exchange(client, server)
    client.heard = []
    server.heard = []
    return (client, server)
  }

  @Test func `a client's reset reaches the server, and only its own stream`() throws {
    let (client, server) = pair()
    let gone = try #require(client.request(EndingTests.get, ends: true))
    let kept = try #require(client.request(EndingTests.get, ends: true))
    exchange(client, server)
    client.session.reset(gone, .cancel)
    exchange(client, server)
    #expect(client.heard == ["1 closed cancel"])
    server.respond(gone, 200)
    server.write(gone, "nobody")
    server.end(gone)
    server.respond(kept, 200, ends: true)
    exchange(client, server)
    #expect(server.heard.suffix(2) == ["1 closed cancel", "3 closed noError"])
    #expect(client.heard == ["1 closed cancel", "3 200 none ends", "3 closed noError"])
  }

  @Test func `a server's reset drops what was to be sent`() throws {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.get, ends: true))
    exchange(client, server)
    server.respond(id, 200)
    server.write(id, String(repeating: "x", count: 200_000))
    exchange(client, server)
    server.session.reset(id, .internalError)
    #expect(server.session.bufferedByteCount(id) == 0)
    exchange(client, server)
    #expect(client.heard == ["1 200 chunked", "1 closed internalError"])
    #expect(server.heard.last == "1 closed internalError")
  }

  @Test func `after a reset nothing is heard of a stream but its end`() throws {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.post))
    client.write(id, "body")
    client.end(id, "a: b\r\n")
    server.onEvent = { if case .requestHead(let id, _) = $0 { server.session.reset(id, .cancel) } }
    exchange(client, server)
    #expect(server.heard == ["1 POST / host=h chunked host:h", "1 closed cancel"])
    #expect(server.bodies.isEmpty)
  }

  @Test func `an early answer is followed by a reset without an error`() throws {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.post))
    client.write(id, String(repeating: "x", count: 1000))
    exchange(client, server)
    server.respond(id, 413, "content-length: 3\r\n")
    server.write(id, "no!")
    server.end(id)
    server.session.refuseRest(of: id)
    client.write(id, String(repeating: "x", count: 1000))
    exchange(client, server)
    #expect(client.heard == ["1 413 length(3) content-length:3", "1 end", "1 closed noError"])
    #expect(client.body(id) == "no!")
    #expect(server.heard.last == "1 closed noError")
    #expect(server.bodies[id]?.count == 1000)
  }

  @Test func `an early answer to a request that ends after all needs no reset`() throws {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.post))
    exchange(client, server)
    server.respond(id, 400, ends: true)
    client.end(id)
    exchange(client, server)
    #expect(client.heard == ["1 400 none ends", "1 closed noError"])
    #expect(server.heard.suffix(2) == ["1 end", "1 closed noError"])
  }

  @Test func `refusing the rest after the answer resets at once`() throws {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.post))
    exchange(client, server)
    server.respond(id, 400, ends: true)
    exchange(client, server)
    #expect(server.session.openStreams == 1)
    server.session.refuseRest(of: id)
    exchange(client, server)
    #expect(server.heard.last == "1 closed noError")
    #expect(server.session.openStreams == 0)
  }

  @Test func `a refused body stops at its window and the connection's is given back`() throws {
    let (client, server) = pair()
    let refused = try #require(client.request(EndingTests.post))
    exchange(client, server)
    server.session.refuseRest(of: refused)
    for _ in 0..<20 {
      client.write(refused, String(repeating: "x", count: 65_536))
      exchange(client, server)
    }
    #expect(client.session.bufferedByteCount(refused) == 19 * 65_536)
    let taken = try #require(client.request(EndingTests.post))
    for _ in 0..<100 {
      client.write(taken, String(repeating: "y", count: 30_000))
      exchange(client, server)
    }
    #expect(server.bodies[taken]?.count == 3_000_000)
    #expect(server.bodies[refused] == nil)
  }

  @Test func `a graceful end loses no request`() throws {
    let (client, server) = pair()
    let first = try #require(client.request(EndingTests.get, ends: true))
    exchange(client, server)
    server.session.beginGracefulEnd()
    // On its way while the server says so.
    let late = try #require(client.request(EndingTests.get, ends: true))
    let crossing = client.output()
    let notice = RawFrame.all(server.output())
    #expect(notice.map(\.kind) == [6, 7] || notice.map(\.kind) == [7, 6])
    let goAway = try #require(notice.first { $0.kind == 7 })
    #expect(RawFrame.number(goAway.payload[0...]) == 0x7FFF_FFFF)
    server.receive(crossing)
    client.receive(notice.flatMap(\.bytes))
    #expect(client.heard.last == "goaway 2147483647 noError")
    #expect(client.request(EndingTests.get, ends: true) == nil)
    exchange(client, server)
    #expect(client.heard.last == "goaway 3 noError")
    #expect(server.session.isOver == false)
    server.respond(first, 200, ends: true)
    server.respond(late, 200, ends: true)
    exchange(client, server)
    #expect(client.heard.contains("1 200 none ends") && client.heard.contains("3 200 none ends"))
    #expect(server.session.isOver && client.session.isOver)
    #expect(server.session.failure == nil && client.session.failure == nil)
  }

  @Test func `a graceful end that does not wait names the last stream at once`() throws {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.get, ends: true))
    exchange(client, server)
    server.session.beginGracefulEnd()
    server.session.finishGracefulEnd()
    let notice = server.output()
    let late = try #require(client.request(EndingTests.get, ends: true))
    server.receive(client.output())
    client.receive(notice)
    #expect(client.heard.contains("\(late.number) closed refusedStream"))
    #expect(client.heard.contains("goaway 1 noError"))
    server.respond(id, 200, ends: true)
    exchange(client, server)
    #expect(client.heard.last == "1 closed noError")
    #expect(server.session.isOver && client.session.isOver)
    #expect(server.heard.contains { $0.hasPrefix("3 ") } == false)
  }

  @Test func `an idle connection ends gracefully within one exchange`() {
    let (client, server) = pair()
    server.session.beginGracefulEnd()
    exchange(client, server)
    #expect(server.session.isOver && client.session.isOver)
  }

  @Test func `a client's graceful end opens no more streams and lets the open ones finish`() throws
  {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.get, ends: true))
    client.session.beginGracefulEnd()
    #expect(client.request(EndingTests.get) == nil)
    exchange(client, server)
    #expect(client.session.isOver == false)
    server.respond(id, 200, ends: true)
    exchange(client, server)
    #expect(client.heard == ["1 200 none ends", "1 closed noError"])
    #expect(client.session.isOver && server.session.isOver)
  }

  @Test func `an end at once closes every stream on both sides`() throws {
    let (client, server) = pair()
    for _ in 0..<3 { _ = try #require(client.request(EndingTests.post)) }
    exchange(client, server)
    server.session.goAway(.enhanceYourCalm)
    exchange(client, server)
    let ends = ["1", "3", "5"].map { "\($0) closed enhanceYourCalm" }
    #expect(server.heard.suffix(3).sorted() == ends)
    #expect(server.session.openStreams == 0 && server.session.isOver)
    #expect(client.heard.first == "goaway 5 enhanceYourCalm")
  }

  @Test func `a session ended by an error says so for ever`() {
    let side = SessionSide(.server)
    side.receive(RawFrame.preface + RawFrame.settings().bytes + RawFrame.data(1, "x").bytes)
    #expect(side.error == .protocolViolation(.protocolError))
    #expect(side.session.failure == side.error)
    side.error = nil
    side.receive(RawFrame.ping().bytes)
    #expect(side.error == .protocolViolation(.protocolError))
    _ = side.output()
    #expect(side.session.isOver && !side.session.wantsOutput)
    #expect(side.output().isEmpty)
  }

  @Test func `an answer is a PING's`() {
    let (client, server) = pair()
    client.session.ping()
    exchange(client, server)
    #expect(client.heard == ["pong"])
    #expect(server.heard == [])
  }

  @Test func `a request that was reset before it left is never seen`() throws {
    let (client, server) = pair()
    let id = try #require(client.request(EndingTests.post))
    client.session.reset(id, .cancel)
    exchange(client, server)
    #expect(client.heard == ["1 closed cancel"])
    #expect(server.heard == [])
    #expect(client.session.openStreams == 0)
  }

  @Test func `a request that GOAWAY overtakes may be sent elsewhere`() throws {
    let client = SessionSide(.client)
    let id = try #require(client.request(EndingTests.get, ends: true))
    client.receive(RawFrame.settings().bytes + RawFrame.goAway(0, .noError).bytes)
    _ = client.output()
    client.drain()
    #expect(client.heard.last == "\(id.number) closed refusedStream")
    #expect(client.session.openStreams == 0)
  }

  @Test func `streams are opened up to what the server allows`() throws {
    var settings = HTTP2Settings()
    settings.maxConcurrentStreams = 2
    let client = SessionSide(.client)
    let server = SessionSide(.server, settings)
    #expect(client.session.remoteMaxConcurrentStreams == 100)
    exchange(client, server)
    #expect(client.session.remoteMaxConcurrentStreams == 2)
    let first = try #require(client.request(EndingTests.get, ends: true))
    _ = try #require(client.request(EndingTests.get, ends: true))
    #expect(client.session.mayOpenStream == false)
    #expect(client.request(EndingTests.get, ends: true) == nil)
    exchange(client, server)
    server.respond(first, 200, ends: true)
    exchange(client, server)
    #expect(client.request(EndingTests.get, ends: true) != nil)
  }

  @Test func `streams opened before a lower limit was heard are refused for later`() throws {
    var settings = HTTP2Settings()
    settings.maxConcurrentStreams = 2
    let client = SessionSide(.client)
    let server = SessionSide(.server, settings)
    for _ in 0..<4 { _ = try #require(client.request(EndingTests.get, ends: true)) }
    exchange(client, server)
    let ends = client.heard.filter { $0.contains("closed") }
    #expect(ends == ["5 closed refusedStream", "7 closed refusedStream"])
    #expect(server.session.openStreams == 2 && client.session.openStreams == 2)
  }
}
