/// Takes a request line apart: method, target in one of its forms, version (RFC 9112 §3).
enum HTTP1RequestLine {
  /// Reads the line at `line`, which holds no control character but tab, into `head`.
  static func read(
    _ base: UnsafeRawPointer, _ line: Range<Int>, into head: inout RequestHead
  ) throws(WireError) {
    let start = line.lowerBound
    let methodEnd = ByteSearch.first(ASCII.space, base, from: start, to: line.upperBound)
    let targetEnd = lastSpace(base, from: methodEnd, to: line.upperBound)
    guard methodEnd > start, targetEnd > methodEnd &+ 1 else { throw .invalidRequestLine }
    guard line.upperBound &- targetEnd &- 1 == HTTP1Version.length else { throw .invalidVersion }
    head.isHTTP10 = try HTTP1Version.isHTTP10(base, targetEnd &+ 1)
    head.methodName = ByteRange(from: start, to: methodEnd)
    head.method = method(base + start, methodEnd &- start)
    guard head.method != .other || ASCII.isToken(base, from: start, to: methodEnd) else {
      throw .invalidMethod
    }
    guard head.method != .connect else { throw .connectNotSupported }
    try readTarget(base, from: methodEnd &+ 1, to: targetEnd, into: &head)
  }

  /// The place of the last space of a line, looked for first where a version leaves it.
  @inline(__always)
  private static func lastSpace(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
    var place = to &- 1
    while place > from, ByteSearch.byte(base, place) != ASCII.space { place &-= 1 }
    return place
  }

  /// The method spelled by the `count` bytes at `base`; methods have a case (RFC 9110 §9.1).
  @inline(__always)
  static func method(_ base: UnsafeRawPointer, _ count: Int) -> HTTPMethod {
    guard count >= 3, count <= 7 else { return .other }
    var word: UInt64 = 0
    for place in 0..<count {
      word |= UInt64(ByteSearch.byte(base, place)) &<< UInt64(8 &* place)
    }
    return switch word {
    case 0x54_4547: .get
    case 0x54_534F_50: .post
    case 0x44_4145_48: .head
    case 0x54_5550: .put
    case 0x4554_454C_4544: .delete
    case 0x48_4354_4150: .patch
    case 0x53_4E4F_4954_504F: .options
    case 0x54_4345_4E4E_4F43: .connect
    case 0x45_4341_5254: .trace
    default: .other
    }
  }

  /// Reads a target in origin, absolute or asterisk form (RFC 9112 §3.2).
  private static func readTarget(
    _ base: UnsafeRawPointer, from start: Int, to end: Int, into head: inout RequestHead
  ) throws(WireError) {
    let stop = ByteSearch.firstOutsideTarget(base, from: start, to: end)
    guard stop == end else {
      throw ByteSearch.byte(base, stop) == ASCII.space ? .invalidRequestLine : .invalidTarget
    }
    head.target = ByteRange(from: start, to: end)
    var pathStart = start
    let first = ByteSearch.byte(base, start)
    if first == UInt8(ascii: "*") {
      guard head.method == .options, end &- start == 1 else { throw .invalidTarget }
    } else if first != UInt8(ascii: "/") {
      let authority = try authority(base, from: start, to: end)
      head.host = ByteRange(from: authority.lowerBound, to: authority.upperBound)
      pathStart = authority.upperBound
    }
    let question = ByteSearch.first(UInt8(ascii: "?"), base, from: pathStart, to: end)
    head.path = ByteRange(from: pathStart, to: question)
    head.query = question < end ? ByteRange(from: question &+ 1, to: end) : .empty
  }

  /// The authority of an absolute-form target: a host with an optional port, no user information.
  private static func authority(
    _ base: UnsafeRawPointer, from start: Int, to end: Int
  ) throws(WireError) -> Range<Int> {
    let length = end - start
    var from = start
    if length > 7, ASCII.isSame(base + start, 7, ignoringCaseAs: "http://") {
      from += 7
    } else if length > 8, ASCII.isSame(base + start, 8, ignoringCaseAs: "https://") {
      from += 8
    } else {
      throw .invalidTarget
    }
    var to = from
    while to < end, ByteSearch.byte(base, to) != UInt8(ascii: "/"),
      ByteSearch.byte(base, to) != UInt8(ascii: "?")
    {
      to += 1
    }
    guard HostSyntax.isValid(base, from: from, to: to) else { throw .invalidHost }
    return from..<to
  }
}
