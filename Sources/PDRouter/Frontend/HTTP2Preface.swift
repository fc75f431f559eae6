/// The first bytes of a client that speaks HTTP/2 (RFC 9113 §3.4), in the eyes of a reader of
/// HTTP/1.1: a request line of a version it does not know.
enum HTTP2Preface {
  /// How far bytes go with the preface.
  enum Likeness {
    /// They begin with all of it.
    case whole
    /// They are the beginning of it.
    case part
    /// They are something else.
    case none
  }

  private static let text: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

  /// Compares the first bytes of a connection.
  static func likeness(of bytes: UnsafeRawBufferPointer) -> Likeness {
    let whole = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes.prefix(whole.count).elementsEqual(whole.prefix(bytes.count)) else { return .none }
    return bytes.count >= whole.count ? .whole : .part
  }
}
