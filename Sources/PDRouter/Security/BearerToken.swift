internal import Vocabulary
internal import Wire

/// The token of a request's `Authorization: Bearer …` (RFC 6750 §2.1).
enum BearerToken {
  /// Bytes of a token; a longer one is none.
  static let longest = 8192

  /// Whether `text` could arrive as a token.
  static func canBe(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= longest
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }

  /// The token within `base`; nil where there is none, or more than one `Authorization`: the engine
  /// might read another one than we do.
  static func find(
    in head: borrowing RequestHead, base: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    var value: UnsafeRawBufferPointer?
    for place in 0..<head.fields.count where head.fields[place].known == .authorization {
      guard value == nil else { return nil }
      value = head.fields[place].value.of(base)
    }
    guard let value, FieldText.starts(value, with: "bearer ") else { return nil }
    let token = value[7...].drop { $0 == UInt8(ascii: " ") }
    guard !token.isEmpty, token.count <= longest, token.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: token)
  }
}
