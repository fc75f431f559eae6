/// A chunked body read the slow way, line by line (RFC 9112 §7.1).
enum ChunkedModel {
  /// The body that `bytes` are, to their last byte; nil when they are more, less or none.
  static func body(of bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var rest = bytes
    var body: [UInt8] = []
    while true {
      guard let line = line(&rest) else { return nil }
      let digits = String(decoding: line.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
      guard let size = Int(digits, radix: 16), size <= rest.count else { return nil }
      if size == 0 { break }
      body += rest.prefix(size)
      rest = rest.dropFirst(size)
      guard rest.prefix(2).elementsEqual([0x0D, 0x0A]) else { return nil }
      rest = rest.dropFirst(2)
    }
    while let trailer = line(&rest) {
      if trailer.isEmpty { return rest.isEmpty ? body : nil }
    }
    return nil
  }

  /// The bytes before the next CRLF, both taken from `rest`.
  private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: 0x0D), end + 1 < rest.endIndex, rest[end + 1] == 0x0A else {
      return nil
    }
    defer { rest = rest[(end + 2)...] }
    return rest[..<end]
  }
}
