import EventLoop
import PDRouter
import Simulation
import Testing
import Vocabulary
import Wire

@Suite struct PipelinedEndTests {
  /// Answers a second after each request, but `/now` at once.
  private final class SlowHandler: ExchangeHandler {
    let world: SimulatedWorld
    private(set) var refusals: [Int] = []

    init(world: SimulatedWorld) {
      self.world = world
    }

    func handle(_ exchange: Exchange) {
      let path = exchange.head.path.of(exchange.headBytes.bytes)
      if path.elementsEqual("/now".utf8) {
        answer(exchange)
      } else {
        world.schedule(after: .seconds(1)) { self.answer(exchange) }
      }
    }

    func didRefuse(status: Int) {
      refusals.append(status)
    }

    private func answer(_ exchange: Exchange) {
      var body = ByteBuffer()
      body.append("answer")
      exchange.respond(status: 200, fields: ByteBuffer(), body: body)
    }
  }

  /// What a client gets that sends `bytes` at once, and the statuses of what was refused.
  private func converse(_ bytes: [UInt8]) throws -> (text: String, refusals: [Int]) {
    let world = SimulatedWorld(seed: 1)
    let server = world.makeHost("server").loop
    let handler = SlowHandler(world: world)
    let frontend = Frontend(
      loop: server, handler: handler, limits: Limits(), timeouts: Timeouts())
    try frontend.listen(on: HostAndPort(host: "server", port: 80), sharesPort: false)
    let client = SimulatedClient(
      on: world.makeHost("client").loop, to: HostAndPort(host: "server", port: 80),
      ClientScript([.send(bytes), .awaitEnd, .hangUp(.close)]))
    #expect(world.run(within: .seconds(30)) { client.isClosed })
    #expect(world.run(within: .seconds(30)) { frontend.connectionCount == 0 })
    return (client.record.text, handler.refusals)
  }

  private static let slow = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"

  @Test(arguments: [
    ("\u{1}garbage\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\n\r\nx", 413),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
  ])
  func `what is refused after a request sent ahead of it ends the connection`(
    after: String, status: Int
  ) throws {
    let (text, refusals) = try converse(Array((Self.slow + after).utf8))
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(text.contains("answerHTTP/1.1 \(status) "))
    #expect(refusals == [status])
  }

  @Test func `a last request sent ahead that is answered at once ends the connection`() throws {
    let last = "GET /now HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    let (text, refusals) = try converse(Array((Self.slow + last + "thrown away").utf8))
    #expect(text.components(of: "answer") == 2)
    #expect(refusals.isEmpty)
  }

  @Test func `more than may be sent ahead waits and is thrown away when refused`() throws {
    let junk = [UInt8](repeating: 1, count: 300_000)
    let (text, refusals) = try converse(Array(Self.slow.utf8) + junk)
    #expect(text.contains("answerHTTP/1.1 400 "))
    #expect(refusals == [400])
  }
}

extension String {
  /// How often `part` occurs.
  fileprivate func components(of part: String) -> Int {
    var rest = self[...]
    var count = 0
    while let range = rest.firstRange(of: part) {
      rest = rest[range.upperBound...]
      count += 1
    }
    return count
  }
}
