import Testing
import Vocabulary
import Wire

/// Two sessions of ours, back to back.
struct ConversationTests {
  private static let post =
    "POST /v1/chat?a=b HTTP/1.1\r\nHost: h:80\r\nContent-Type: text/plain\r\nTE: trailers\r\n"
    + "Connection: keep-alive\r\nKeep-Alive: 5\r\nX-Long:  a b \r\n\r\n"

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
}
