import Testing
import Wire

/// The states of streams, windows and settings (RFC 9113 §5, §6.5, §6.9).
struct StreamConformanceTests {
  private static let get = RawFrame.headers(1, HeaderText.request())
  private static let post = RawFrame.headers(1, HeaderText.request("POST"), ends: false)
  private static let getHeard = ["1 GET / host=h none host:h ends"]
  private static let postHeard = ["1 POST / host=h chunked host:h"]
  private static let third = RawFrame.headers(3, HeaderText.request())
  private static let thirdHeard = ["3 GET / host=h none host:h ends"]
  private static let trailers = RawFrame.headers(1, [("x", "y")])
  private static let largest: UInt32 = 0x7FFF_FFFF

  private static func setting(_ id: UInt16, _ value: UInt32) -> RawFrame {
    .settings([(id, value)])
  }

  @Test(arguments: [
    ConformanceRow(
      "5.1 idle: WINDOW_UPDATE", [.windowUpdate(1, 1)], .connection(.protocolError)),
    ConformanceRow("5.1 idle: PRIORITY", [.priority(5, dependsOn: 3)], .fine),
    ConformanceRow(
      "5.1 idle: CONTINUATION", [RawFrame(.continuation, 4, 1, [])], .connection(.protocolError)),
    ConformanceRow(
      "5.1 open: HEADERS without END_STREAM is malformed",
      [post, .headers(1, [("x", "y")], ends: false)], .stream(1, .protocolError)),
    ConformanceRow(
      "5.1 half-closed: DATA", [get, .data(1, "a")], .connection(.streamClosed)),
    ConformanceRow("5.1 half-closed: HEADERS", [get, trailers], .connection(.streamClosed)),
    ConformanceRow("5.1 half-closed: WINDOW_UPDATE", [get, .windowUpdate(1, 9)], .heard(getHeard)),
    ConformanceRow(
      "5.1 half-closed: PRIORITY", [get, .priority(1, dependsOn: 0)], .heard(getHeard)),
    ConformanceRow(
      "5.1 half-closed: RST_STREAM", [get, .reset(1, .cancel)],
      .heard(getHeard + ["1 closed cancel"])),
    ConformanceRow(
      "5.1 closed by RST_STREAM: DATA is passed over",
      [post, .reset(1, .cancel), .data(1, "a")], .heard(postHeard + ["1 closed cancel"])),
    ConformanceRow(
      "5.1 closed by RST_STREAM: HEADERS is passed over",
      [post, .reset(1, .cancel), trailers], .heard(postHeard + ["1 closed cancel"])),
    ConformanceRow(
      "5.1 closed by RST_STREAM: WINDOW_UPDATE is passed over",
      [post, .reset(1, .cancel), .windowUpdate(1, 1)], .heard(postHeard + ["1 closed cancel"])),
    ConformanceRow(
      "5.1 closed by RST_STREAM: RST_STREAM is passed over",
      [post, .reset(1, .cancel), .reset(1, .cancel)], .heard(postHeard + ["1 closed cancel"])),
    ConformanceRow(
      "5.1.1 a client opens an even stream",
      [RawFrame.headers(2, HeaderText.request())], .connection(.protocolError)),
    ConformanceRow(
      "5.1.1 a lower stream than the last is closed: passed over",
      [third, get], .heard(thirdHeard)),
    ConformanceRow(
      "5.1.1 numbers may be left out",
      [RawFrame.headers(77, HeaderText.request())], .heard(["77 GET / host=h none host:h ends"])),
    ConformanceRow(
      "5.1.1 the largest number",
      [RawFrame.headers(largest, HeaderText.request())],
      .heard(["2147483647 GET / host=h none host:h ends"])),
    ConformanceRow(
      "6.5 SETTINGS on a stream", [RawFrame(.settings, 0, 1, [])], .connection(.protocolError)),
    ConformanceRow(
      "6.5 SETTINGS of a broken length", [RawFrame(.settings, 0, 0, [0, 1, 0])],
      .connection(.frameSizeError)),
    ConformanceRow(
      "6.5 an acknowledgement with a payload",
      [RawFrame(.settings, 1, 0, [0, 1, 0, 0, 0, 0])], .connection(.frameSizeError)),
    ConformanceRow(
      "6.5 an acknowledgement nobody asked for", [.settings(ack: true)],
      .connection(.protocolError)),
    ConformanceRow("6.5 SETTINGS without entries", [.settings()], .heard(["settings"])),
    ConformanceRow("6.5.2 HEADER_TABLE_SIZE 0", [setting(1, 0)], .heard(["settings"])),
    ConformanceRow(
      "6.5.2 HEADER_TABLE_SIZE of the largest", [setting(1, .max)], .heard(["settings"])),
    ConformanceRow("6.5.2 ENABLE_PUSH 0", [setting(2, 0)], .heard(["settings"])),
    ConformanceRow("6.5.2 ENABLE_PUSH 1", [setting(2, 1)], .heard(["settings"])),
    ConformanceRow("6.5.2 ENABLE_PUSH 2", [setting(2, 2)], .connection(.protocolError)),
    ConformanceRow("6.5.2 MAX_CONCURRENT_STREAMS 0", [setting(3, 0)], .heard(["settings"])),
    ConformanceRow(
      "6.5.2 INITIAL_WINDOW_SIZE of the largest", [setting(4, largest)], .heard(["settings"])),
    ConformanceRow(
      "6.5.2 INITIAL_WINDOW_SIZE beyond", [setting(4, largest + 1)],
      .connection(.flowControlError)),
    ConformanceRow(
      "6.5.2 MAX_FRAME_SIZE below the least", [setting(5, 16_383)], .connection(.protocolError)),
    ConformanceRow(
      "6.5.2 MAX_FRAME_SIZE of the largest", [setting(5, 0xFF_FFFF)], .heard(["settings"])),
    ConformanceRow(
      "6.5.2 MAX_FRAME_SIZE beyond", [setting(5, 0x100_0000)], .connection(.protocolError)),
    ConformanceRow("6.5.2 MAX_HEADER_LIST_SIZE 0", [setting(6, 0)], .heard(["settings"])),
    ConformanceRow("6.5.2 an unknown setting", [setting(0x0A0A, 7)], .heard(["settings"])),
    ConformanceRow(
      "6.5.3 a setting twice: the last one counts",
      [.settings([(4, largest + 1), (4, 5)])], .heard(["settings"])),
    ConformanceRow(
      "RFC 8441 ENABLE_CONNECT_PROTOCOL 2", [setting(8, 2)], .connection(.protocolError)),
    ConformanceRow(
      "RFC 9218 NO_RFC7540_PRIORITIES 2", [setting(9, 2)], .connection(.protocolError)),
    ConformanceRow(
      "6.5 as many entries as allowed",
      [.settings([(UInt16, UInt32)](repeating: (0x0A0A, 7), count: 32))], .heard(["settings"])),
    ConformanceRow(
      "6.5 more entries than allowed",
      [.settings([(UInt16, UInt32)](repeating: (0x0A0A, 7), count: 33))],
      .connection(.enhanceYourCalm)),
    ConformanceRow(
      "6.9 WINDOW_UPDATE of 0 for the connection", [.windowUpdate(0, 0)],
      .connection(.protocolError)),
    ConformanceRow(
      "6.9 WINDOW_UPDATE of 0 for a stream", [post, .windowUpdate(1, 0)],
      .connection(.protocolError)),
    ConformanceRow(
      "6.9 WINDOW_UPDATE of a wrong length", [RawFrame(.windowUpdate, 0, 0, [0, 0, 1])],
      .connection(.frameSizeError)),
    ConformanceRow(
      "6.9 the reserved bit of an increment is ignored", [.windowUpdate(0, 0x8000_0001)], .fine),
    ConformanceRow(
      "6.9.1 a window of the connection that is full", [.windowUpdate(0, largest - 65_535)],
      .fine),
    ConformanceRow(
      "6.9.1 a window of the connection beyond 2^31 - 1", [.windowUpdate(0, largest)],
      .connection(.flowControlError)),
    ConformanceRow(
      "6.9.1 a window of a stream that is full", [post, .windowUpdate(1, largest - 65_535)],
      .heard(postHeard)),
    ConformanceRow(
      "6.9.1 a window of a stream beyond 2^31 - 1", [post, .windowUpdate(1, largest)],
      .stream(1, .flowControlError)),
    ConformanceRow(
      "6.9.2 a window that new settings bring beyond 2^31 - 1",
      [post, .windowUpdate(1, 1), setting(4, largest)], .stream(1, .flowControlError)),
  ])
  func `a stream's state and windows are kept as RFC 9113 says`(row: ConformanceRow) {
    row.check { SessionSide(.server) }
  }

  @Test(arguments: [
    ConformanceRow(
      "6.9.1 more than the window of a stream",
      [
        post, RawFrame(.data, 0, 1, [UInt8](repeating: 97, count: 16_384)),
        RawFrame(.data, 0, 1, [97]),
      ], .stream(1, .flowControlError)),
    ConformanceRow(
      "6.9.1 padding counts",
      [post, RawFrame(.data, 8, 1, [255] + [UInt8](repeating: 0, count: 16_384))],
      .connection(.frameSizeError)),
    ConformanceRow(
      "6.9 a window may be used up",
      [post, RawFrame(.data, 1, 1, [UInt8](repeating: 97, count: 16_384))],
      .heard(postHeard + ["1 end", "1 " + String(repeating: "a", count: 16_384)])),
    ConformanceRow(
      "5.1.2 streams as many as allowed", [get, third],
      .heard(getHeard + thirdHeard)),
    ConformanceRow(
      "5.1.2 one stream more", [get, third, RawFrame.headers(5, HeaderText.request())],
      .connection(.protocolError)),
  ])
  func `windows and streams are limited by the settings announced`(row: ConformanceRow) {
    var settings = HTTP2Settings()
    settings.initialWindowBytes = 16_384
    settings.maxConcurrentStreams = 2
    row.check {
      let side = SessionSide(.server, settings)
      side.givesBack = false
      return side
    }
  }
}
