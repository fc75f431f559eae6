/// What a string token says once its escapes are undone.
///
/// Works on the content of a *validated* string, without its quotes. Pure.
enum JSONStringContent {
  /// The text of `content`.
  static func text(_ content: UnsafeRawBufferPointer) -> String {
    guard content.contains(UInt8(ascii: "\\")) else {
      return String(decoding: content, as: UTF8.self)
    }
    return String(unsafeUninitializedCapacity: content.count) { target in
      unescape(content, into: UnsafeMutableRawBufferPointer(target))
    }
  }

  /// Whether `content` says `name`, escapes undone.
  static func equals(_ content: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
    if content.count == name.count, content.elementsEqual(name) { return true }
    // Escaped text is longer than what it says, at most six bytes for each of its own.
    guard content.count > name.count, content.count <= name.count * 6,
      content.contains(UInt8(ascii: "\\"))
    else { return false }
    return withUnsafeTemporaryAllocation(byteCount: content.count, alignment: 1) { target in
      let count = unescape(content, into: target)
      return count == name.count && target[..<count].elementsEqual(name)
    }
  }

  /// Writes the unescaped bytes of `content` to `target`, which is no smaller; how many there are.
  static func unescape(
    _ content: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    precondition(target.count >= content.count)
    var source = 0
    var written = 0
    while source < content.count {
      guard content[source] == UInt8(ascii: "\\") else {
        target[written] = content[source]
        source += 1
        written += 1
        continue
      }
      if content[source + 1] == UInt8(ascii: "u") {
        let (scalar, length) = scalar(content, escapedAt: source)
        source += length
        for byte in UTF8.encode(scalar)! {
          target[written] = byte
          written += 1
        }
      } else {
        target[written] = single(content[source + 1])
        source += 2
        written += 1
      }
    }
    return written
  }

  private static func single(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    default: letter
    }
  }

  /// The character of the `\u` escape at `start`, and the length of the escape (6, or 12 for a
  /// pair).
  private static func scalar(
    _ content: UnsafeRawBufferPointer, escapedAt start: Int
  ) -> (Unicode.Scalar, length: Int) {
    let first = unit(content, at: start + 2)
    if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
    let second = unit(content, at: start + 8)
    let scalar = Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + second & 0x3FF)
    precondition(scalar != nil, "a validated string has no lone surrogate")
    return (scalar!, 12)
  }

  private static func unit(_ content: UnsafeRawBufferPointer, at start: Int) -> UInt32 {
    var unit: UInt32 = 0
    for byte in content[start..<start + 4] {
      let digit = HexadecimalDigit.value(of: byte)
      precondition(digit != nil, "a validated escape has four digits")
      unit = unit << 4 | UInt32(digit!)
    }
    return unit
  }
}
