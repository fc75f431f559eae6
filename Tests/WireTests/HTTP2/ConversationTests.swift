import Testing
import Vocabulary
import Wire

/// Two sessions of ours, back to back.
struct ConversationTests {
  private static let post =
    "POST /v1/chat?a=b HTTP/1.1\r\nHost: h:80\r\nContent-Type: text/plain\r\nTE: trailers\r\n"
    + "Connection: keep-alive\r\nKeep-Alive: 5\r\nX-Long:  a b \r\n\r\n"
  private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

  @Test(arguments: [1, 2, 7, 100, .max])
  func `a request with body and trailers gets an answer with trailers, however it is cut`(
    step: Int
  ) throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    let id = try #require(client.request(ConversationTests.post))
    client.write(id, "Hello, ")
    client.write(id, "world")
    client.end(id, "X-Sum: 12\r\n")
    exchange(client, server, step: step)
    #expect(server.body(id) == "Hello, world")
    server.respond(id, 200, "Content-Type: text/event-stream\r\nConnection: close\r\n")
    server.write(id, "data: 1\n\n")
    exchange(client, server, step: step)
    server.write(id, "data: 2\n\n")
    server.end(id, "grpc-status: 0\r\n")
    exchange(client, server, step: step)
    #expect(client.body(id) == "data: 1\n\ndata: 2\n\n")
    #expect(
      server.heard == [
        "settings",
        "1 POST /v1/chat?a=b host=h:80 chunked host:h:80 content-type:text/plain te:trailers "
          + "x-long:a b",
        "1 trailers x-sum: 12|", "1 end", "1 closed noError",
      ])
    #expect(
      client.heard == [
        "settings", "1 200 chunked content-type:text/event-stream", "1 trailers grpc-status: 0|",
        "1 end", "1 closed noError",
      ])
    #expect(client.session.openStreams == 0)
    #expect(server.session.openStreams == 0)
    #expect(client.error == nil && server.error == nil)
  }

  @Test func `a hundred streams with small windows all get what is theirs`() throws {
    var settings = HTTP2Settings()
    settings.initialWindowBytes = 1000
    settings.highWatermarkBytes = 2000
    settings.lowWatermarkBytes = 500
    let client = SessionSide(.client, settings)
    let server = SessionSide(.server, settings)
    var left: [HTTP2StreamID: Int] = [:]
    /// Writes up to the high watermark, as a relay does.
    func pour(_ id: HTTP2StreamID) {
      while let rest = left[id], server.session.bufferedByteCount(id) <= 2000 {
        server.write(id, String(repeating: "\(id.number % 10)", count: min(rest, 700)))
        left[id] = rest > 700 ? rest - 700 : nil
        if left[id] == nil { server.end(id) }
      }
    }
    server.onEvent = { event in
      if case .requestHead(let id, _) = event {
        server.respond(id, 200)
        left[id] = 20_000 + Int(id.number)
        pour(id)
      }
      if case .drained(let id) = event { pour(id) }
    }
    exchange(client, server)
    var ids: [HTTP2StreamID] = []
    for _ in 0..<100 { ids.append(try #require(client.request(ConversationTests.get, ends: true))) }
    #expect(client.request(ConversationTests.get, ends: true) == nil)
    exchange(client, server, step: 777)
    for id in ids {
      let body = client.bodies[id] ?? []
      #expect(body.count == 20_000 + Int(id.number))
      #expect(Set(body) == [UInt8(48 + id.number % 10)])
    }
    #expect(client.closed.count == 100 && server.closed.count == 100)
    #expect(client.session.openStreams == 0 && server.session.openStreams == 0)
  }

  @Test func `a stream whose bytes are not taken stalls, and the others go on`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    exchange(client, server)
    let slow = try #require(client.request(ConversationTests.get, ends: true))
    client.givesBack = false
    exchange(client, server)
    server.respond(slow, 200)
    for _ in 0..<10 { server.write(slow, String(repeating: "s", count: 16_384)) }
    exchange(client, server)
    #expect(client.bodies[slow]?.count == 65_536)
    #expect(server.session.bufferedByteCount(slow) == 10 * 16_384 - 65_536)
    #expect(server.session.isStalled(slow))
    let fast = try #require(client.request(ConversationTests.get, ends: true))
    exchange(client, server)
    server.respond(fast, 200)
    for round in 1...100 {
      server.write(fast, String(repeating: "f", count: 30_000))
      exchange(client, server)
      #expect(client.bodies[fast]?.count == round * 30_000)
      client.session.consume(fast, 30_000)
      #expect(server.session.isStalled(fast) == false)
    }
    client.session.consume(slow, 65_536)
    exchange(client, server)
    #expect(client.bodies[slow]?.count == 131_072)
  }

  @Test func `two streams with much to say take turns`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    exchange(client, server)
    let ids = try (0..<2).map { _ in try #require(client.request(ConversationTests.get, ends: true))
    }
    exchange(client, server)
    for id in ids {
      server.respond(id, 200)
      server.write(id, String(repeating: "x", count: 32_768))
    }
    let frames = RawFrame.all(server.output()).filter { $0.kind == 0 }
    #expect(frames.map(\.stream) == [1, 3, 1, 3])
  }

  @Test func `a stream that its client calls urgent goes first`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    exchange(client, server)
    let plain = try #require(client.request(ConversationTests.get, ends: true))
    let urgent = try #require(
      client.request("GET / HTTP/1.1\r\nHost: h\r\nPriority: u=0\r\n\r\n", ends: true))
    exchange(client, server)
    for id in [plain, urgent] {
      server.respond(id, 200)
      server.write(id, String(repeating: "x", count: 32_768))
    }
    let frames = RawFrame.all(server.output()).filter { $0.kind == 0 }
    #expect(frames.map(\.stream) == [3, 3, 1, 1])
  }

  @Test func `what is written before output is wanted goes in one frame`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    let id = try #require(client.request(ConversationTests.get, ends: true))
    exchange(client, server)
    server.respond(id, 200)
    for _ in 0..<50 { server.write(id, "data: x\n\n") }
    server.end(id)
    let frames = RawFrame.all(server.output())
    #expect(frames.map(\.kind) == [1, 0])
    #expect(frames.last?.payload.count == 450)
    #expect(frames.last?.flags == RawFrame.endStream)
  }

  @Test func `output is made up to the limit, and the rest waits in its streams`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    let id = try #require(client.request(ConversationTests.get, ends: true))
    exchange(client, server)
    server.respond(id, 200)
    server.write(id, String(repeating: "x", count: 60_000))
    let first = server.output(upTo: 1000)
    #expect(first.count < 1000 + 16_393)
    #expect(server.session.bufferedByteCount(id) == 60_000 - 16_384)
    #expect(server.session.wantsOutput)
    #expect(server.output(upTo: 0).isEmpty)
    client.receive(first)
    client.receive(server.output())
    #expect(client.bodies[id]?.count == 60_000)
    #expect(server.session.wantsOutput == false)
  }

  @Test func `drained is told once, at the low watermark`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    let id = try #require(client.request(ConversationTests.get, ends: true))
    exchange(client, server)
    server.heard = []
    server.respond(id, 200)
    server.write(id, String(repeating: "x", count: 65_536))
    client.receive(server.output())
    #expect(server.heard == [])
    exchange(client, server)
    server.write(id, String(repeating: "x", count: 65_537))
    exchange(client, server)
    #expect(server.heard == ["1 drained"])
    server.write(id, "x")
    exchange(client, server)
    #expect(server.heard == ["1 drained"])
  }

  @Test func `an interim answer comes before the answer`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    let id = try #require(
      client.request("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n"))
    exchange(client, server)
    server.session.submitInterim(id, status: 100)
    server.respond(id, 204, ends: true)
    exchange(client, server)
    #expect(client.heard == ["settings", "1 100 none", "1 204 none ends"])
  }

  @Test func `trailers follow at once where there is no body`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    let id = try #require(client.request(ConversationTests.get, ends: true))
    exchange(client, server)
    server.respond(id, 200)
    server.end(id, "a: b\r\n")
    exchange(client, server)
    #expect(
      client.heard == [
        "settings", "1 200 chunked", "1 trailers a: b|", "1 end", "1 closed noError",
      ])
  }

  @Test func `a large head goes in several frames`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    let field = "X-Large: " + String(repeating: "v", count: 60_000) + "\r\n"
    let id = try #require(client.request("GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n", ends: true))
    let bytes = client.output(upTo: 100)
    #expect(RawFrame.all(bytes).count < 4)
    server.receive(bytes)
    exchange(client, server)
    #expect(server.heard.last?.count == 60_040)
    server.respond(id, 200, field, ends: true)
    exchange(client, server)
    #expect(client.heard.last == "1 closed noError")
    #expect(client.heard.dropLast().last?.hasPrefix("1 200 none x-large:vvv") == true)
  }

  @Test func `streams one after the other leave nothing behind`() throws {
    let client = SessionSide(.client)
    let server = SessionSide(.server)
    server.onEvent = { event in
      guard case .requestHead(let id, _) = event else { return }
      server.respond(id, 200, "content-length: 2\r\n")
      server.write(id, "ok")
      server.end(id)
    }
    for _ in 0..<3000 {
      let id = try #require(client.request(ConversationTests.get, ends: true))
      exchange(client, server)
      #expect(client.closed.contains(id))
    }
    #expect(client.session.openStreams == 0 && server.session.openStreams == 0)
    #expect(client.error == nil && server.error == nil)
  }
}
