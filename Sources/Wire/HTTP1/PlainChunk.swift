/// A chunk of a chunked body, whole and written as plainly as can be: a size in up to seven digits
/// without a leading zero, CRLF, that many bytes, CRLF (RFC 9112 §7.1).
///
/// Every other chunk, and the last one, is `HTTP1BodyDecoder`'s. What a plain one consists of says
/// the same to every reader, so it may be passed on as it came.
enum PlainChunk {
  /// Bytes of the CRLF after a chunk's data.
  static let endLength = 2
  /// CRLF, the first byte lowest.
  static let lineEnd: UInt16 = 0x0A0D

  /// Where the data is of the plain chunk that begins at `start`; nil when there is none that ends
  /// before `end`.
  @inline(__always)
  static func data(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Range<Int>? {
    var size = 0
    var place = start
    let longest = min(start &+ 7, end)
    while place < longest, let digit = digit(ByteSearch.byte(base, place)) {
      size = size &<< 4 | digit
      if size == 0 { return nil }
      place &+= 1
    }
    let data = place &+ 2
    guard size > 0, data &+ size &+ endLength <= end, ByteSearch.half(base, place) == lineEnd,
      ByteSearch.half(base, data &+ size) == lineEnd
    else { return nil }
    return data..<data &+ size
  }

  @inline(__always)
  private static func digit(_ byte: UInt8) -> Int? {
    let decimal = byte &- UInt8(ascii: "0")
    if decimal < 10 { return Int(decimal) }
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? Int(letter) + 10 : nil
  }
}
