import Testing
import Vocabulary
import Wire

/// Sizes of heads and trailers, and what becomes of larger ones.
struct HeadLimitTests {
  private func settings() -> HTTP2Settings {
    var settings = HTTP2Settings()
    settings.head.headBytes = 1000
    settings.head.headerCount = 10
    settings.head.startLineBytes = 100
    settings.head.trailerBytes = 200
    return settings
  }

  private func server() -> SessionSide {
    let side = SessionSide(.server, settings())
    side.receive(RawFrame.preface + RawFrame.settings().bytes)
    side.heard = []
    return side
  }

  /// A field so large that the whole head counts `count` bytes as RFC 9113 §6.5.2 does.
  private func head(of count: Int) -> [(String, String)] {
    let pseudo = HeaderText.request().reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
    return HeaderText.request([("x", String(repeating: "v", count: count - pseudo - 33))])
  }

  private func expectGoesOn(_ side: SessionSide) {
    side.heard = []
    side.receive(RawFrame.headers(99, HeaderText.request()).bytes)
    #expect(side.heard == ["99 GET / host=h none host:h ends"])
    #expect(side.error == nil)
  }

  @Test func `a head as large as allowed is taken, and one byte more is answered 431`() {
    let side = server()
    side.receive(RawFrame.headers(1, head(of: 1000)).bytes)
    #expect(side.heard.count == 1 && side.heard[0].hasPrefix("1 GET / host=h none host:h x:vv"))
    side.heard = []
    side.receive(RawFrame.headers(3, head(of: 1001)).bytes)
    #expect(side.heard == ["3 bad headTooLarge"])
    #expect(WireError.headTooLarge.status == 431)
    expectGoesOn(side)
  }

  @Test func `a head twice as large as allowed is read to its end, and one byte more ends all`() {
    let side = server()
    side.receive(RawFrame.headers(1, head(of: 2000)).bytes)
    #expect(side.heard == ["1 bad headTooLarge"])
    expectGoesOn(side)
    side.receive(RawFrame.headers(101, head(of: 2001)).bytes)
    #expect(side.error == .headerListFlood)
    #expect(RawFrame.all(side.output()).last?.code(at: 4) == .enhanceYourCalm)
  }

  @Test func `fields as many as allowed are taken, and one more is answered 431`() {
    // `host` is one of them.
    let fields = (0..<9).map { ("x\($0)", "y") }
    let side = server()
    side.receive(RawFrame.headers(1, HeaderText.request(fields)).bytes)
    side.receive(RawFrame.headers(3, HeaderText.request(fields + [("z", "y")])).bytes)
    side.receive(RawFrame.headers(5, HeaderText.request(fields + [("cookie", "y")])).bytes)
    #expect(side.heard.count == 3)
    #expect(side.heard[0].hasPrefix("1 GET"))
    #expect(side.heard.dropFirst() == ["3 bad tooManyFields", "5 bad tooManyFields"])
    expectGoesOn(side)
  }

  @Test func `a target as long as allowed is taken, and one byte more is answered 414`() {
    let side = server()
    let path = "/" + String(repeating: "a", count: 86)
    side.receive(RawFrame.headers(1, HeaderText.request("GET", path)).bytes)
    side.receive(RawFrame.headers(3, HeaderText.request("GET", path + "a")).bytes)
    #expect(side.heard == ["1 GET \(path) host=h none host:h ends", "3 bad startLineTooLong"])
  }

  @Test func `trailers beyond the limit reset the stream`() {
    for (count, isFine) in [(200 - 33, true), (200 - 32, false)] {
      let side = server()
      side.receive(RawFrame.headers(1, HeaderText.request("POST"), ends: false).bytes)
      let trailers = [("x", String(repeating: "v", count: count))]
      side.receive(RawFrame.headers(1, trailers).bytes)
      let resets = RawFrame.all(side.output()).filter { $0.kind == RawFrame.Kind.reset.rawValue }
      #expect(resets == (isFine ? [] : [.reset(1, .enhanceYourCalm)]))
      #expect(side.heard.last == (isFine ? "1 end" : "1 closed enhanceYourCalm"))
      expectGoesOn(side)
    }
  }

  @Test func `a small block that means a large head ends the connection before it is large`() {
    var settings = HTTP2Settings()
    settings.head.headBytes = 64 * 1024
    let side = SessionSide(.server, settings)
    side.receive(RawFrame.preface + RawFrame.settings().bytes)
    // One field of 4,000 bytes into the dynamic table, then four thousand times out of it.
    let field =
      [0x40] + HeaderText.literal("x") + HeaderText.literal(String(repeating: "v", count: 4000))
    let block =
      HeaderText.block(HeaderText.request()) + field + [UInt8](repeating: 0xBE, count: 4000)
    side.receive(RawFrame(.headers, 5, 1, block).bytes)
    #expect(side.error == .headerListFlood)
    #expect(side.session.openStreams == 0)
  }

  @Test func `a bad head can be answered, and its stream is reset after if need be`() {
    let side = server()
    let post = HeaderText.request("POST", authority: "a,b")
    side.receive(RawFrame.headers(1, post, ends: false).bytes)
    side.respond(HTTP2StreamID(1), 400, "content-length: 2\r\n")
    side.write(HTTP2StreamID(1), "no")
    side.end(HTTP2StreamID(1))
    let frames = RawFrame.all(side.output()).filter { $0.stream == 1 }
    #expect(frames.map(\.kind) == [1, 0, 3])
    #expect(frames.last == .reset(1, .noError))
    #expect(side.heard == ["1 bad invalidHost", "1 closed noError"])
  }

  @Test func `a client resets a stream whose answer has too large a head`() throws {
    let side = SessionSide(.client, settings())
    let id = try #require(side.request("GET / HTTP/1.1\r\nHost: h\r\n\r\n", ends: true))
    _ = side.output()
    side.receive(RawFrame.settings().bytes)
    let large = [(":status", "200"), ("x", String(repeating: "v", count: 1000))]
    side.receive(RawFrame.headers(id.number.magnitude, large, ends: false).bytes)
    let frames = RawFrame.all(side.output())
    #expect(side.heard == ["settings", "1 bad headTooLarge", "1 closed cancel"])
    #expect(frames.last == .reset(1, .cancel))
  }

  @Test func `interim answers without end reset the stream`() throws {
    let side = SessionSide(.client)
    _ = try #require(side.request("GET / HTTP/1.1\r\nHost: h\r\n\r\n", ends: true))
    _ = side.output()
    side.receive(RawFrame.settings().bytes)
    let interim = RawFrame.headers(1, [(":status", "103")], ends: false).bytes
    for _ in 0..<32 { side.receive(interim) }
    #expect(side.heard.count == 33)
    side.receive(interim)
    _ = side.output()
    #expect(side.heard.last == "1 closed enhanceYourCalm")
  }
}
