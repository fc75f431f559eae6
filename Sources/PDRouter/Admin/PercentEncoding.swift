/// Percent-encoding (RFC 3986 §2.1), as paths and queries have it.
enum PercentEncoding {
  /// What `bytes` say; nil when an escape is malformed. `plusIsSpace` as in a form's query (WHATWG
  /// URL, `application/x-www-form-urlencoded`).
  static func decoded(_ bytes: UnsafeRawBufferPointer, plusIsSpace: Bool = false) -> [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      guard byte == UInt8(ascii: "%") else {
        text.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        continue
      }
      guard place + 1 < bytes.count, let high = digit(bytes[place]),
        let low = digit(bytes[place + 1])
      else { return nil }
      text.append(high << 4 | low)
      place += 2
    }
    return text
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
