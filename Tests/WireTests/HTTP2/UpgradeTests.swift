import Testing
import Vocabulary
import Wire

/// A connection that begins as HTTP/1.1 (RFC 7540 §3.2).
struct UpgradeTests {
  private func upgraded(_ payload: [UInt8], _ method: HTTPMethod = .get) throws -> SessionSide {
    let server = SessionSide(.server)
    try payload.withUnsafeBytes { try server.session.upgrade(settings: $0, method: method) }
    server.expect(.upgraded)
    return server
  }

  @Test func `the first request is answered on stream 1`() throws {
    let server = try upgraded([0, 4, 0, 0, 0, 10])
    #expect(server.session.openStreams == 1)
    server.respond(.upgraded, 200)
    server.write(.upgraded, "0123456789more")
    server.end(.upgraded)
    let frames = RawFrame.all(server.output())
    #expect(frames.first?.kind == RawFrame.Kind.settings.rawValue)
    #expect(frames.map(\.kind).suffix(2) == [1, 0])
    // The window of the settings that came with the upgrade.
    #expect(frames.last?.payload == Array("0123456789".utf8))
    server.receive(
      RawFrame.preface + RawFrame.settings([(4, 100)]).bytes
        + RawFrame.headers(3, HeaderText.request()).bytes)
    #expect(server.heard == ["settings", "settings", "3 GET / host=h none host:h ends"])
    #expect(RawFrame.all(server.output()).last?.payload == Array("more".utf8))
    #expect(server.heard.last == "1 closed noError")
  }

  @Test func `an answer to HEAD may name a length`() throws {
    let server = try upgraded([], .head)
    server.respond(.upgraded, 200, "content-length: 5\r\n", ends: true)
    server.receive(RawFrame.preface + RawFrame.settings().bytes)
    _ = server.output()
    #expect(server.heard == ["settings", "settings", "1 closed noError"])
  }

  @Test(arguments: [
    [0, 4, 0], [0, 2, 0, 0, 0, 2], [0, 4, 0xFF, 0xFF, 0xFF, 0xFF], [0, 5, 0, 0, 0, 1],
  ])
  func `settings that are malformed are refused`(_ payload: [UInt8]) {
    #expect(throws: HTTP2Error.invalidUpgrade) { _ = try upgraded(payload) }
  }
}
