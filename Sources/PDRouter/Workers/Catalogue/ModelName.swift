internal import JSONFields
internal import Vocabulary

/// Names of models as numbers, so that comparing one costs a comparison of integers.
///
/// The hash is FNV-1a of the name's bytes (Fowler, Noll, Vo), without a seed: whoever makes two
/// names meet gets an engine's own 404 for it.
enum ModelName {
  /// The number of the name that these bytes spell.
  static func number(_ name: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  /// The same of a text.
  static func number(_ name: String) -> UInt64 {
    var name = name
    return name.withUTF8 { number(UnsafeRawBufferPointer($0)) }
  }

  /// The number of the name that the value at `span` of a validated body says; nil when it is no
  /// string, or an empty one, which engines take for no name at all.
  static func number(at span: JSONSpan, of body: UnsafeRawBufferPointer) -> UInt64? {
    guard span.kind == .string, span.range.count > 2 else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: body[span.range.dropFirst().dropLast()])
    guard content.contains(UInt8(ascii: "\\")) else { return number(content) }
    return JSONValue(at: span, of: body).string.map { number($0) }
  }
}
