internal import Wire

/// A client's wish to go on in HTTP/2 (RFC 7540 §3.2).
enum HTTP2UpgradeOffer {
  /// More is no SETTINGS payload that anybody sends.
  private static let longestText = 1024

  /// The payload of the SETTINGS frame that comes with a proper wish; nil if there is none, or
  /// anything is wrong with it.
  static func settings(
    in head: borrowing RequestHead, _ base: UnsafeRawBufferPointer
  ) -> [UInt8]? {
    guard head.fields.lists("h2c", in: .upgrade, base: base) else { return nil }
    var text: UnsafeRawBufferPointer?
    for place in 0..<head.fields.count {
      let field = head.fields[place]
      // Both fields must be named by `Connection`: they are for this hop.
      if field.known == .upgrade, !field.isNamedByConnection { return nil }
      guard field.known == .other, field.name.length == 14,
        FieldText.starts(field.name.of(base), with: "http2-settings")
      else { continue }
      guard text == nil, field.isNamedByConnection else { return nil }
      text = field.value.of(base)
    }
    guard let text, text.count <= longestText, let payload = decode(text),
      payload.count.isMultiple(of: 6)
    else { return nil }
    for entry in stride(from: 0, to: payload.count, by: 6) {
      guard isPossible(payload[entry..<entry + 6]) else { return nil }
    }
    return payload
  }

  /// Whether a setting has a value that it may have (RFC 9113 §6.5.2): as a frame, it would end
  /// the connection.
  private static func isPossible(_ entry: ArraySlice<UInt8>) -> Bool {
    let number = entry.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    let value = entry.dropFirst(2).reduce(0) { $0 << 8 | Int($1) }
    return switch number {
    case 2: value <= 1
    case 4: value <= Int(Int32.max)
    case 5: (16_384...16_777_215).contains(value)
    default: true
    }
  }

  /// Decodes base64url (RFC 4648 §5), with or without padding.
  private static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let digits = text.prefix { $0 != UInt8(ascii: "=") }
    guard text.count - digits.count <= 2, digits.count % 4 != 1,
      text[digits.count...].allSatisfy({ $0 == UInt8(ascii: "=") })
    else { return nil }
    for byte in digits {
      guard let value = value(of: byte) else { return nil }
      bits = bits << 6 | value
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    // What is left over of the last digit says nothing, so it must be zero.
    return bits & (1 << UInt32(count) - 1) == 0 ? bytes : nil
  }

  private static func value(of digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
