import Testing
import Wire

/// Frames by themselves: sizes, order, streams they may name (RFC 9113 §4, §6).
struct FramingConformanceTests {
  private static let get = RawFrame.headers(1, HeaderText.request())
  private static let post = RawFrame.headers(1, HeaderText.request("POST"), ends: false)
  private static let getHeard = ["1 GET / host=h none host:h ends"]
  private static let postHeard = ["1 POST / host=h chunked host:h"]
  private static let block = HeaderText.block(HeaderText.request())

  private static func padded(_ kind: RawFrame.Kind, _ flags: UInt8, _ payload: [UInt8]) -> RawFrame
  {
    RawFrame(kind, flags | RawFrame.padded, 1, payload)
  }

  @Test(arguments: [
    ConformanceRow("4.1 an unknown frame type is ignored", [RawFrame(0x33, 0xFF, 0, [1])], .fine),
    ConformanceRow(
      "4.1 unknown flags are ignored",
      [RawFrame(.headers, 0xC2 | 5, 1, block)], .heard(getHeard)),
    ConformanceRow(
      "4.1 the reserved bit of a stream number is ignored",
      [RawFrame(.headers, 5, 0x8000_0001, block)], .heard(getHeard)),
    ConformanceRow(
      "4.2 a frame beyond SETTINGS_MAX_FRAME_SIZE",
      bytes: RawFrame(.data, 0, 1).header(length: 16_385), .connection(.frameSizeError)),
    ConformanceRow(
      "4.2 an unknown frame beyond the size too",
      bytes: RawFrame(0x33, 0, 0, []).header(length: 20_000), .connection(.frameSizeError)),
    ConformanceRow(
      "4.2 a frame of the largest size",
      [post, RawFrame(.data, 1, 1, [UInt8](repeating: 97, count: 16_384))],
      .heard(postHeard + ["1 end", "1 " + String(repeating: "a", count: 16_384)])),
    ConformanceRow(
      "4.3 a header block that cannot be decoded: an index that is not there",
      [RawFrame(.headers, 5, 1, [0xFE])], .connection(.compressionError)),
    ConformanceRow(
      "4.3 a header block that cannot be decoded: a cut literal",
      [RawFrame(.headers, 5, 1, block.dropLast())], .connection(.compressionError)),
    ConformanceRow(
      "4.3 a header block that cannot be decoded: a bad Huffman code",
      [RawFrame(.headers, 5, 1, [0, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1, 97])],
      .connection(.compressionError)),
    ConformanceRow(
      "4.3 a table size update above the setting",
      [RawFrame(.headers, 5, 1, [0x3F, 0xE2, 0x1F] + block)], .connection(.compressionError)),
    ConformanceRow(
      "4.3 a table size update after a field",
      [RawFrame(.headers, 5, 1, block + [0x20])], .connection(.compressionError)),
    ConformanceRow(
      "4.3 a table size update at the start",
      [RawFrame(.headers, 5, 1, [0x20] + block)], .heard(getHeard)),
    ConformanceRow(
      "4.3 fields from the static and the dynamic table",
      [
        RawFrame(.headers, 5, 1, [0x82, 0x86, 0x84, 0x41, 1, 104]),
        RawFrame(.headers, 5, 3, [0x82, 0x86, 0x84, 0xBE]),
      ], .heard(getHeard + ["3 GET / host=h none host:h ends"])),
    ConformanceRow("6.1 DATA on stream 0", [.data(0, "a")], .connection(.protocolError)),
    ConformanceRow("6.1 DATA on an idle stream", [.data(1, "a")], .connection(.protocolError)),
    ConformanceRow(
      "6.1 DATA with padding",
      [post, padded(.data, 1, [3, 97, 98, 0, 0, 0])], .heard(postHeard + ["1 end", "1 ab"])),
    ConformanceRow(
      "6.1 DATA of padding alone", [post, padded(.data, 1, [3, 0, 0, 0])],
      .heard(postHeard + ["1 end"])),
    ConformanceRow(
      "6.1 DATA with more padding than payload", [post, padded(.data, 0, [3, 0, 0])],
      .connection(.protocolError)),
    ConformanceRow(
      "6.1 DATA said to be padded without a length", [post, padded(.data, 0, [])],
      .connection(.protocolError)),
    ConformanceRow(
      "6.1 padding is not looked at", [post, padded(.data, 1, [2, 97, 1, 2])],
      .heard(postHeard + ["1 end", "1 a"])),
    ConformanceRow(
      "6.2 HEADERS on stream 0", [RawFrame(.headers, 5, 0, block)], .connection(.protocolError)),
    ConformanceRow(
      "6.2 HEADERS with padding",
      [padded(.headers, 5, [2] + block + [0, 0])], .heard(getHeard)),
    ConformanceRow(
      "6.2 HEADERS with more padding than payload",
      [padded(.headers, 5, [UInt8(block.count + 1)] + block)], .connection(.protocolError)),
    ConformanceRow(
      "6.2 HEADERS said to be padded without a length", [padded(.headers, 5, [])],
      .connection(.protocolError)),
    ConformanceRow(
      "6.2 HEADERS with priority",
      [RawFrame(.headers, 5 | RawFrame.hasPriority, 1, big(0x8000_0000) + [200] + block)],
      .heard(getHeard)),
    ConformanceRow(
      "6.2 HEADERS with padding and priority",
      [
        RawFrame(
          .headers, 5 | RawFrame.hasPriority | RawFrame.padded, 1,
          [1] + big(0) + [15] + block + [0])
      ], .heard(getHeard)),
    ConformanceRow(
      "6.2 HEADERS too short for its priority",
      [RawFrame(.headers, 5 | RawFrame.hasPriority, 1, [0, 0])], .connection(.frameSizeError)),
    ConformanceRow(
      "5.3.1 HEADERS that depends on itself",
      [RawFrame(.headers, 5 | RawFrame.hasPriority, 1, big(1) + [15] + block)],
      .connection(.protocolError)),
    ConformanceRow("6.3 PRIORITY is ignored", [.priority(1, dependsOn: 0), get], .heard(getHeard)),
    ConformanceRow(
      "6.3 PRIORITY of any length but five", [RawFrame(.priority, 0, 1, [0, 0, 0, 0])],
      .connection(.frameSizeError)),
    ConformanceRow("6.4 RST_STREAM on stream 0", [.reset(0, .cancel)], .connection(.protocolError)),
    ConformanceRow(
      "6.4 RST_STREAM on an idle stream", [.reset(1, .cancel)], .connection(.protocolError)),
    ConformanceRow(
      "6.4 RST_STREAM of a wrong length", [post, RawFrame(.reset, 0, 1, [0, 0, 0])],
      .connection(.frameSizeError)),
    ConformanceRow(
      "6.4 RST_STREAM closes", [post, .reset(1, .cancel)],
      .heard(postHeard + ["1 closed cancel"])),
    ConformanceRow(
      "6.4 RST_STREAM with a code nobody knows", [post, .reset(1, .unknown(0xFFFF_FFFF))],
      .heard(postHeard + ["1 closed unknown(4294967295)"])),
    ConformanceRow(
      "6.6 PUSH_PROMISE from a client",
      [post, RawFrame(.pushPromise, 4, 1, big(2) + block)], .connection(.protocolError)),
    ConformanceRow(
      "6.7 PING is answered with its own bytes", [.ping(3)], .fine),
    ConformanceRow("6.7 PING with ACK is not", [.ping(3, ack: true)], .heard(["pong"])),
    ConformanceRow(
      "6.7 PING on a stream", [RawFrame(.ping, 0, 1, [UInt8](repeating: 0, count: 8))],
      .connection(.protocolError)),
    ConformanceRow(
      "6.7 PING of a wrong length", [RawFrame(.ping, 0, 0, [1, 2])],
      .connection(.frameSizeError)),
    ConformanceRow(
      "6.8 GOAWAY is told", [.goAway(0, .noError, "bye")], .over(["goaway 0 noError"])),
    ConformanceRow(
      "6.8 GOAWAY twice, with fewer streams",
      [get, .goAway(0x7FFF_FFFE, .noError), .goAway(0, .cancel)],
      .heard(getHeard + ["goaway 2147483646 noError", "goaway 0 cancel"])),
    ConformanceRow(
      "6.8 GOAWAY with more streams than before",
      [get, .goAway(0, .noError), .goAway(2, .noError)], .connection(.protocolError)),
    ConformanceRow(
      "6.8 GOAWAY on a stream", [RawFrame(.goAway, 0, 1, big(0) + big(0))],
      .connection(.protocolError)),
    ConformanceRow(
      "6.8 GOAWAY too short", [RawFrame(.goAway, 0, 0, big(0))], .connection(.frameSizeError)),
    ConformanceRow(
      "6.10 CONTINUATION without HEADERS", [RawFrame(.continuation, 4, 1, block)],
      .connection(.protocolError)),
    ConformanceRow(
      "6.10 CONTINUATION after the end of a block",
      [post, RawFrame(.continuation, 4, 1, block)], .connection(.protocolError)),
    ConformanceRow(
      "6.10 CONTINUATION on stream 0",
      [RawFrame(.headers, 1, 1, block), RawFrame(.continuation, 4, 0, [])],
      .connection(.protocolError)),
    ConformanceRow(
      "6.10 CONTINUATION of another stream",
      [RawFrame(.headers, 1, 1, block), RawFrame(.continuation, 4, 3, [])],
      .connection(.protocolError)),
    ConformanceRow(
      "6.2 another frame inside of a header block",
      [RawFrame(.headers, 1, 1, block), .ping(1)], .connection(.protocolError)),
    ConformanceRow(
      "6.2 DATA inside of a header block",
      [RawFrame(.headers, 0, 1, block), .data(1, "a")], .connection(.protocolError)),
    ConformanceRow(
      "6.2 an unknown frame inside of a header block",
      [RawFrame(.headers, 1, 1, block), RawFrame(0x33, 0, 0, [])], .connection(.protocolError)),
    ConformanceRow(
      "6.2 HEADERS inside of a header block",
      [RawFrame(.headers, 1, 1, block), RawFrame(.headers, 5, 3, block)],
      .connection(.protocolError)),
    ConformanceRow(
      "6.10 a block in three frames, one of them empty",
      [
        RawFrame(.headers, 1, 1, Array(block.prefix(3))), RawFrame(.continuation, 0, 1, []),
        RawFrame(.continuation, 4, 1, Array(block.dropFirst(3))),
      ], .heard(getHeard)),
    ConformanceRow(
      "6.10 a block in more CONTINUATION frames than allowed",
      [RawFrame(.headers, 1, 1, block)]
        + [RawFrame](repeating: RawFrame(.continuation, 0, 1, []), count: 73),
      .connection(.enhanceYourCalm)),
  ])
  func `a frame is taken or refused as RFC 9113 says`(row: ConformanceRow) {
    row.check { SessionSide(.server) }
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", HTTP2Error.badPreface),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\rx", HTTP2Error.badPreface),
    ("\u{16}\u{3}\u{1}", HTTP2Error.badPreface),
  ])
  func `a connection that does not begin as HTTP/2 does ends`(
    _ text: String, _ error: HTTP2Error
  ) {
    let bytes = latin1(text)
    for ends in [[bytes.count], Array(1...bytes.count)] {
      let side = SessionSide(.server)
      side.receive(bytes, ends: ends)
      #expect(side.error == error)
      let frames = RawFrame.all(side.output())
      #expect(frames.last?.kind == RawFrame.Kind.goAway.rawValue)
      #expect(side.session.isOver)
    }
  }

  @Test(arguments: [
    RawFrame.ping(), RawFrame.settings(ack: true), RawFrame.headers(1, HeaderText.request()),
    RawFrame(.settings, 0, 1, []), RawFrame(.settings, 0, 0, [1]),
  ])
  func `the preface is followed by SETTINGS`(_ frame: RawFrame) {
    let side = SessionSide(.server)
    side.receive(RawFrame.preface + frame.bytes)
    #expect(side.error?.code == (frame.payload == [1] ? .frameSizeError : .protocolError))
    #expect(side.session.isOver == false)
    #expect(RawFrame.all(side.output()).last?.kind == RawFrame.Kind.goAway.rawValue)
    #expect(side.session.isOver)
  }
}
