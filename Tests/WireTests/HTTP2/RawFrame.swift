import Wire

/// A frame as bytes, and bytes as frames; written for tests and after RFC 9113 §4.1 alone.
struct RawFrame: Equatable {
  enum Kind: UInt8 {
    case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate
    case continuation
  }

  var kind: UInt8
  var flags: UInt8
  var stream: UInt32
  var payload: [UInt8]

  static let endStream: UInt8 = 1
  static let ack: UInt8 = 1
  static let endHeaders: UInt8 = 4
  static let padded: UInt8 = 8
  static let hasPriority: UInt8 = 0x20
  /// What a client says first.
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  init(_ kind: Kind, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []) {
    self.init(kind.rawValue, flags, stream, payload)
  }

  init(_ kind: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) {
    self.kind = kind
    self.flags = flags
    self.stream = stream
    self.payload = payload
  }

  var bytes: [UInt8] { header(length: payload.count) + payload }

  /// The frame's head, with any length.
  func header(length: Int) -> [UInt8] {
    [UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), kind, flags]
      + big(stream)
  }

  /// The frames that `bytes` consist of, without a preface.
  static func all(_ bytes: [UInt8]) -> [RawFrame] {
    var rest = bytes[...]
    if rest.starts(with: preface) { rest = rest.dropFirst(preface.count) }
    var frames: [RawFrame] = []
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      guard rest.count >= 9 + length else { break }
      let payload = Array(rest.dropFirst(9).prefix(length))
      frames.append(RawFrame(head[3], head[4], number(head[5...]) & 0x7FFF_FFFF, payload))
      rest = rest.dropFirst(9 + length)
    }
    return frames
  }

  /// The code of RST_STREAM (at 0) or GOAWAY (at 4).
  func code(at place: Int) -> HTTP2ErrorCode {
    HTTP2ErrorCode(number: RawFrame.number(payload[place...].prefix(4)))
  }

  static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// Four bytes, the most significant first.
func big(_ number: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}

/// Frames that tests write often.
extension RawFrame {
  static func settings(_ entries: [(UInt16, UInt32)] = [], ack: Bool = false) -> RawFrame {
    RawFrame(
      .settings, ack ? RawFrame.ack : 0, 0,
      entries.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] + big($1) })
  }

  static func headers(
    _ stream: UInt32, _ fields: [(String, String)], ends: Bool = true, flags: UInt8 = endHeaders
  ) -> RawFrame {
    RawFrame(.headers, flags | (ends ? endStream : 0), stream, HeaderText.block(fields))
  }

  static func data(_ stream: UInt32, _ text: String, ends: Bool = false) -> RawFrame {
    RawFrame(.data, ends ? endStream : 0, stream, Array(text.utf8))
  }

  static func reset(_ stream: UInt32, _ code: HTTP2ErrorCode) -> RawFrame {
    RawFrame(.reset, 0, stream, big(code.number))
  }

  static func windowUpdate(_ stream: UInt32, _ count: UInt32) -> RawFrame {
    RawFrame(.windowUpdate, 0, stream, big(count))
  }

  static func ping(_ mark: UInt8 = 7, ack: Bool = false) -> RawFrame {
    RawFrame(.ping, ack ? RawFrame.ack : 0, 0, [UInt8](repeating: mark, count: 8))
  }

  static func goAway(_ last: UInt32, _ code: HTTP2ErrorCode, _ words: String = "") -> RawFrame {
    RawFrame(.goAway, 0, 0, big(last) + big(code.number) + Array(words.utf8))
  }

  static func priority(_ stream: UInt32, dependsOn: UInt32, weight: UInt8 = 15) -> RawFrame {
    RawFrame(.priority, 0, stream, big(dependsOn) + [weight])
  }
}

/// Header blocks by hand: literals without indexing (RFC 7541 §6.2.2), text as Latin-1.
enum HeaderText {
  static func block(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { [0] + literal($0.0) + literal($0.1) }
  }

  static func literal(_ text: String) -> [UInt8] {
    let bytes = latin1(text)
    return length(bytes.count) + bytes
  }

  /// An integer with a prefix of seven bits (RFC 7541 §5.1).
  private static func length(_ count: Int) -> [UInt8] {
    guard count >= 127 else { return [UInt8(count)] }
    var bytes: [UInt8] = [127]
    var rest = count - 127
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// The pseudo-fields of a request.
  static func request(
    _ method: String = "GET", _ path: String = "/", authority: String? = "h",
    scheme: String = "http", _ more: [(String, String)] = []
  ) -> [(String, String)] {
    [(":method", method), (":scheme", scheme), (":path", path)]
      + (authority.map { [(":authority", $0)] } ?? []) + more
  }

  /// The pseudo-fields of a request for `/`, and these fields.
  static func request(_ more: [(String, String)]) -> [(String, String)] {
    request("GET", "/", more)
  }
}
