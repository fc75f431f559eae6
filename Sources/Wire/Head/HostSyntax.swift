/// Tells whether bytes name a host and, if they like, a port (RFC 9110 §7.2, RFC 3986 §3.2).
///
/// Stricter than the grammar where names are concerned: not empty, no user information, and no
/// comma, which is what two folded `Host` fields look like.
enum HostSyntax {
  /// Whether `from..<to` is `name`, `name:port`, `[address]` or `[address]:port`.
  static func isValid(_ base: UnsafeRawPointer, from: Int, to: Int) -> Bool {
    guard from < to else { return false }
    let nameEnd =
      ByteSearch.byte(base, from) == UInt8(ascii: "[")
      ? literalEnd(base, from: from, to: to) : registeredNameEnd(base, from: from, to: to)
    guard let nameEnd else { return false }
    return nameEnd == to || isPort(base, from: nameEnd, to: to)
  }

  /// Where an IPv6 literal in brackets ends, or nil.
  private static func literalEnd(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int? {
    let close = ByteSearch.first(UInt8(ascii: "]"), base, from: from, to: to)
    guard close < to, close - from >= 3 else { return nil }
    for place in from + 1..<close {
      let byte = ByteSearch.byte(base, place)
      let isInside =
        ASCII.hexadecimalDigit(byte) != nil || byte == ASCII.colon || byte == UInt8(ascii: ".")
      guard isInside else { return nil }
    }
    return close + 1
  }

  /// Where a name or IPv4 address ends (at a colon or at `to`), or nil.
  private static func registeredNameEnd(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int? {
    var place = from
    while place < to {
      let byte = ByteSearch.byte(base, place)
      if byte == ASCII.colon { break }
      if byte == UInt8(ascii: "%") {
        guard place + 2 < to, ASCII.hexadecimalDigit(ByteSearch.byte(base, place + 1)) != nil,
          ASCII.hexadecimalDigit(ByteSearch.byte(base, place + 2)) != nil
        else { return nil }
      } else if !isNameByte(byte) {
        return nil
      }
      place += 1
    }
    return place == from ? nil : place
  }

  /// Whether `byte` is unreserved or a sub-delimiter other than the comma.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
      UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default:
      false
    }
  }

  /// Whether `from..<to` is a colon and a port in range, or a colon alone (RFC 3986 §3.2.3).
  private static func isPort(_ base: UnsafeRawPointer, from: Int, to: Int) -> Bool {
    guard ByteSearch.byte(base, from) == ASCII.colon else { return false }
    if from + 1 == to { return true }
    guard let port = ASCII.decimal(base, from: from + 1, to: to) else { return false }
    return port <= Int(UInt16.max)
  }
}
