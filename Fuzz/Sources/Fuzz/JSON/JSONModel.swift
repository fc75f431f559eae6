/// A JSON text read the slow way, by recursion and byte by byte (RFC 8259): what is valid, and the
/// members of the outermost object.
struct JSONModel {
  /// One member of the outermost object.
  struct Member: Equatable {
    /// The name, escapes undone.
    let name: [UInt8]
    /// The value as written.
    var raw: [UInt8]
    /// Where the value is.
    var place: Range<Int>

    static func == (one: Member, other: Member) -> Bool {
      one.name == other.name && one.raw == other.raw
    }
  }

  /// Thrown where the text stops being JSON.
  private struct Invalid: Error {}

  private let bytes: [UInt8]
  private let maximumDepth: Int
  private var place = 0
  /// The members of the outermost object; empty for other values.
  private(set) var members: [Member] = []
  /// Whether the outermost value is an object.
  private(set) var isObject = false

  /// Reads `bytes`, all of it; nil when it is not JSON, or nested deeper than `maximumDepth`.
  init?(_ bytes: [UInt8], maximumDepth: Int = 128) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    do {
      skipSpace()
      isObject = peek == UInt8(ascii: "{")
      try value(depth: 0)
      skipSpace()
    } catch {
      return nil
    }
    guard place == bytes.count else { return nil }
  }

  private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
  }

  private mutating func take(_ byte: Character) -> Bool {
    guard peek == byte.asciiValue else { return false }
    place += 1
    return true
  }

  private mutating func value(depth: Int) throws {
    switch peek {
    case UInt8(ascii: "{"): try object(depth: depth + 1)
    case UInt8(ascii: "["): try array(depth: depth + 1)
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
  }

  private mutating func object(depth: Int) throws {
    guard depth <= maximumDepth, take("{") else { throw Invalid() }
    skipSpace()
    if take("}") { return }
    repeat {
      skipSpace()
      let name = try string()
      skipSpace()
      guard take(":") else { throw Invalid() }
      skipSpace()
      let start = place
      try value(depth: depth)
      if depth == 1 {
        members.append(Member(name: name, raw: Array(bytes[start..<place]), place: start..<place))
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw Invalid() }
  }

  private mutating func array(depth: Int) throws {
    guard depth <= maximumDepth, take("[") else { throw Invalid() }
    // Members of objects within a list are not the outermost one's.
    skipSpace()
    if take("]") { return }
    repeat {
      skipSpace()
      try value(depth: depth)
      skipSpace()
    } while take(",")
    guard take("]") else { throw Invalid() }
  }

  private mutating func word(_ word: String) throws {
    guard bytes[place...].starts(with: word.utf8) else { throw Invalid() }
    place += word.utf8.count
  }

  private mutating func digits() throws {
    let start = place
    while let byte = peek, byte >= 0x30, byte <= 0x39 { place += 1 }
    guard place > start else { throw Invalid() }
  }

  private mutating func number() throws {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    guard take("e") || take("E") else { return }
    if !take("+") { _ = take("-") }
    try digits()
  }

  /// The content of the string here, escapes undone.
  private mutating func string() throws -> [UInt8] {
    guard take("\"") else { throw Invalid() }
    var content: [UInt8] = []
    while let byte = peek {
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return content
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw Invalid()
      default: content.append(byte)
      }
    }
    throw Invalid()
  }

  private mutating func escape(into content: inout [UInt8]) throws {
    guard let letter = peek else { throw Invalid() }
    place += 1
    let single: [Character: UInt8] = [
      "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 0x08, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09,
    ]
    if let byte = single[Character(Unicode.Scalar(letter))] { return content.append(byte) }
    guard letter == UInt8(ascii: "u") else { throw Invalid() }
    var units = [try unit()]
    if units[0] & 0xFC00 == 0xD800 {
      guard take("\\"), take("u") else { throw Invalid() }
      units.append(try unit())
    }
    guard let text = String(validating: units, as: UTF16.self) else { throw Invalid() }
    content += text.utf8
  }

  private mutating func unit() throws -> UInt16 {
    let digits = bytes[place...].prefix(4)
    let hexadecimal = Set("0123456789abcdefABCDEF".utf8)
    guard digits.count == 4, digits.allSatisfy(hexadecimal.contains),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw Invalid() }
    place += 4
    return unit
  }
}
