/// A frame of HTTP/2 as bytes and bytes as frames, for clients that no session would play.
struct Frame {
  var kind: UInt8
  var flags: UInt8 = 0
  var stream: Int = 0
  var payload: [UInt8] = []

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  /// The preface and empty settings.
  static let beginning = preface + Frame(kind: 4).bytes

  /// A whole request for `/` without a body; `ends` says whether it ends its stream.
  static func request(_ stream: Int, ends: Bool = true) -> [UInt8] {
    // :method GET, :scheme http, :path /, :authority r, without the table.
    let block: [UInt8] = [0x82, 0x86, 0x84, 0x01, 0x01, 0x72]
    return Frame(kind: 1, flags: ends ? 5 : 4, stream: stream, payload: block).bytes
  }

  static func number(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  var bytes: [UInt8] {
    Array(Frame.number(payload.count).dropFirst()) + [kind, flags] + Frame.number(stream) + payload
  }

  /// The whole frames at the start of `bytes`.
  static func all(_ bytes: some Sequence<UInt8>) -> [Frame] {
    var rest = Array(bytes)[...]
    var frames: [Frame] = []
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      guard rest.count >= 9 + count else { break }
      frames.append(
        Frame(
          kind: head[3], flags: head[4],
          stream: head[5...].reduce(0) { $0 << 8 | Int($1) },
          payload: Array(rest.dropFirst(9).prefix(count))))
      rest = rest.dropFirst(9 + count)
    }
    return frames
  }

  /// The error code of GOAWAY frames, in order.
  static func goAwayCodes(_ bytes: some Sequence<UInt8>) -> [Int] {
    all(bytes).filter { $0.kind == 7 }.map {
      $0.payload.dropFirst(4).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
  }
}
