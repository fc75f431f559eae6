internal import CNGHTTP2
internal import Vocabulary

/// The fields of a head to be sent, as nghttp2 takes them: pointers into text that stays put.
///
/// Takes lines of HTTP/1.1 apart in place: names in lower case, fields of one hop left out
/// (RFC 9113 §8.2.2). Storage is kept from head to head.
struct HTTP2FieldList: ~Copyable {
  private var base: UnsafeMutablePointer<nghttp2_nv>
  private var capacity: Int
  /// How many fields it holds.
  private(set) var count = 0

  init() {
    capacity = 32
    base = .allocate(capacity: capacity)
  }

  deinit {
    base.deallocate()
  }

  /// The fields, valid until the next change.
  var fields: UnsafeMutablePointer<nghttp2_nv> { base }

  /// Forgets every field.
  mutating func removeAll() { count = 0 }

  /// Adds a field; neither text is copied.
  mutating func append(name: StaticString, value: UnsafeRawBufferPointer) {
    append(
      UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
  }

  @inline(__always)
  private mutating func append(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, isIndexed: Bool = true
  ) {
    if count == capacity { grow() }
    // Text is only read; the C structure has no const.
    let flags =
      NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
      | (isIndexed ? 0 : NGHTTP2_NV_FLAG_NO_INDEX.rawValue)
    (base + count).initialize(
      to: nghttp2_nv(
        name: UnsafeMutablePointer(mutating: name.baseAddress?.assumingMemoryBound(to: UInt8.self)),
        value: UnsafeMutablePointer(
          mutating: (value.baseAddress ?? name.baseAddress)?.assumingMemoryBound(to: UInt8.self)),
        namelen: name.count, valuelen: value.count, flags: UInt8(truncatingIfNeeded: flags)))
    count &+= 1
  }

  /// Gives the first field its value.
  func setFirst(value: UnsafeRawBufferPointer) {
    precondition(count > 0)
    base.pointee.value = UnsafeMutablePointer(
      mutating: value.baseAddress?.assumingMemoryBound(to: UInt8.self))
    base.pointee.valuelen = value.count
  }

  private mutating func grow() {
    let block = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: capacity * 2)
    block.moveInitialize(from: base, count: count)
    base.deallocate()
    base = block
    capacity *= 2
  }

  /// Adds the fields of `lines`, each `name: value` and CRLF, of our own making; an empty line ends
  /// them.
  ///
  /// - Returns: the value of `host`, which is not added.
  mutating func append(
    lines: UnsafeMutableRawBufferPointer, from start: Int = 0
  ) -> UnsafeRawBufferPointer? {
    guard let text = lines.baseAddress else { return nil }
    let base = UnsafeRawPointer(text)
    var host: UnsafeRawBufferPointer?
    var place = start
    while place < lines.count, ByteSearch.byte(base, place) != ASCII.carriageReturn {
      let colon = ByteSearch.firstNameEnd(base, from: place, to: lines.count)
      precondition(colon > place && colon < lines.count, "a line without a name")
      precondition(ByteSearch.byte(base, colon) == ASCII.colon, "a line without a colon")
      let lineEnd = ByteSearch.firstControl(base, from: colon &+ 1, to: lines.count)
      precondition(lineEnd &+ 1 < lines.count, "a line without an end")
      precondition(ByteSearch.byte(base, lineEnd) == ASCII.carriageReturn)
      HTTP2FieldList.lowercase(text, place, colon)
      var (from, to) = (colon &+ 1, lineEnd)
      while from < to, ASCII.isBlank(ByteSearch.byte(base, from)) { from &+= 1 }
      while to > from, ASCII.isBlank(ByteSearch.byte(base, to &- 1)) { to &-= 1 }
      let name = UnsafeRawBufferPointer(start: base + place, count: colon &- place)
      let value = UnsafeRawBufferPointer(start: base + from, count: to &- from)
      switch HeaderName.recognize(base + place, colon &- place) {
      case .host: host = value
      case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade: break
      // Never the same twice: in the table it would push out what is, and each look-up would
      // compare it with all that came before (measured: a third of a head's work).
      case .xRequestID: append(name, value, isIndexed: false)
      case .te: if HTTP2FieldList.isTrailers(value) { append(name, value) }
      default: append(name, value)
      }
      place = lineEnd &+ 2
    }
    return host
  }

  private static func isTrailers(_ value: UnsafeRawBufferPointer) -> Bool {
    guard let base = value.baseAddress else { return false }
    return ASCII.isSame(base, value.count, ignoringCaseAs: "trailers")
  }

  @inline(__always)
  private static func lowercase(_ text: UnsafeMutableRawPointer, _ from: Int, _ to: Int) {
    for place in from..<to {
      let byte = text.load(fromByteOffset: place, as: UInt8.self)
      if byte &- 0x41 < 26 { text.storeBytes(of: byte | 0x20, toByteOffset: place, as: UInt8.self) }
    }
  }
}
