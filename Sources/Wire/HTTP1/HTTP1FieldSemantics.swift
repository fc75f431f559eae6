/// What the fields of a complete head say about its message: host, length, connection, expectation.
///
/// Strict where two readers of one message could disagree about its end (request smuggling): each
/// doubt is an error. One pass over the fields that looks only at the known names it needs.
struct HTTP1FieldSemantics {
  /// The value of the one `Host` field.
  private(set) var host: ByteRange?
  /// The value of the one `Content-Length` field, in bytes.
  private(set) var contentLength: Int?
  /// Whether `Transfer-Encoding` says `chunked` and nothing else.
  private(set) var isChunked = false
  /// Whether `Connection` holds `close`.
  private(set) var closes = false
  /// Whether `Connection` holds `keep-alive`.
  private(set) var keepsAlive = false
  /// Whether `Expect` holds `100-continue`.
  private(set) var expectsContinue = false
  /// Whether `Expect` holds anything else.
  private(set) var expectsUnknown = false

  /// Whether there is an `Upgrade` field.
  private(set) var hasUpgrade = false

  private var hasTransferEncoding = false
  private var hasOtherCoding = false
  private var optionCount = 0

  /// Reads `fields` of a head at `base`; marks those that `Connection` names.
  init(
    _ fields: inout HeaderTable, _ base: UnsafeRawPointer, limits: HTTP1Limits, isHTTP10: Bool
  ) throws(WireError) {
    for index in 0..<fields.count {
      let field = fields.unchecked(index)
      let value = Int(field.value.offset)..<field.value.end
      switch field.known {
      case .host:
        guard host == nil else { throw .duplicateHost }
        host = field.value
      case .contentLength:
        guard contentLength == nil else { throw .duplicateContentLength }
        guard let length = ASCII.decimal(base, from: value.lowerBound, to: value.upperBound)
        else { throw .invalidContentLength }
        contentLength = length
      case .transferEncoding: try readCodings(base, value)
      case .connection: try readOptions(base, value, &fields, limits)
      case .upgrade: hasUpgrade = true
      case .expect:
        let isKnown = ASCII.isSame(
          base + value.lowerBound, value.count, ignoringCaseAs: "100-continue")
        expectsContinue = expectsContinue || isKnown
        expectsUnknown = expectsUnknown || !isKnown
      default: continue
      }
    }
    guard hasTransferEncoding else { return }
    guard contentLength == nil else { throw .lengthAndTransferEncoding }
    guard !isHTTP10 else { throw .transferEncodingInHTTP10 }
    guard !hasOtherCoding else { throw .unsupportedTransferEncoding }
  }

  /// Whether the connection outlives the message, by what both versions say without a field
  /// (RFC 9112 §9.3).
  func keepsConnection(isHTTP10: Bool) -> Bool {
    !closes && (!isHTTP10 || keepsAlive)
  }

  /// Reads a list of transfer codings (RFC 9112 §6.1).
  private mutating func readCodings(
    _ base: UnsafeRawPointer, _ value: Range<Int>
  ) throws(WireError) {
    hasTransferEncoding = true
    var place = value.lowerBound
    repeat {
      let element = HTTP1FieldSemantics.element(base, place, value.upperBound)
      place = element.next
      guard !isChunked, ASCII.isToken(base, from: element.start, to: element.end) else {
        throw .invalidTransferEncoding
      }
      let isLast = ASCII.isSame(
        base + element.start, element.end - element.start, ignoringCaseAs: "chunked")
      isChunked = isLast
      hasOtherCoding = hasOtherCoding || !isLast
    } while place <= value.upperBound
  }

  /// Reads a list of connection options (RFC 9110 §7.6.1); empty elements are ignored.
  private mutating func readOptions(
    _ base: UnsafeRawPointer, _ value: Range<Int>, _ fields: inout HeaderTable,
    _ limits: HTTP1Limits
  ) throws(WireError) {
    var place = value.lowerBound
    repeat {
      let element = HTTP1FieldSemantics.element(base, place, value.upperBound)
      place = element.next
      let length = element.end &- element.start
      if length == 0 { continue }
      if ASCII.isSame(base + element.start, length, ignoringCaseAs: "keep-alive") {
        keepsAlive = true
      } else if ASCII.isSame(base + element.start, length, ignoringCaseAs: "close") {
        closes = true
      } else {
        guard ASCII.isToken(base, from: element.start, to: element.end) else {
          throw .invalidConnection
        }
        optionCount += 1
        guard optionCount <= limits.connectionOptions else { throw .tooManyConnectionOptions }
        HTTP1FieldSemantics.mark(
          UnsafeRawBufferPointer(start: base + element.start, count: length), base, &fields)
      }
    } while place <= value.upperBound
  }

  /// Marks the fields called `option`.
  private static func mark(
    _ option: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, _ fields: inout HeaderTable
  ) {
    for index in 0..<fields.count {
      let name = fields.unchecked(index).name
      let bytes = UnsafeRawBufferPointer(start: base + Int(name.offset), count: Int(name.length))
      if ASCII.isSame(bytes, ignoringCaseAs: option) { fields.markNamedByConnection(index) }
    }
  }

  /// The list element that starts at `place`, without white space, and where the next one starts:
  /// beyond `end` after the last one.
  @inline(__always)
  private static func element(
    _ base: UnsafeRawPointer, _ place: Int, _ end: Int
  ) -> (start: Int, end: Int, next: Int) {
    let comma = ByteSearch.first(UInt8(ascii: ","), base, from: place, to: end)
    var start = place
    var stop = comma
    while start < stop, ASCII.isBlank(ByteSearch.byte(base, start)) { start &+= 1 }
    while stop > start, ASCII.isBlank(ByteSearch.byte(base, stop &- 1)) { stop &-= 1 }
    return (start, stop, comma &+ 1)
  }
}
