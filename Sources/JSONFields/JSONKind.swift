/// What a JSON value is, as its first byte tells (RFC 8259 section 3).
public enum JSONKind: UInt8, Sendable {
  /// `{ … }`.
  case object
  /// `[ … ]`.
  case array
  /// `"…"`.
  case string
  /// A number of any notation.
  case number
  /// The literal `true`.
  case `true`
  /// The literal `false`.
  case `false`
  /// The literal `null`.
  case null

  /// The kind of the valid value that starts with `byte`.
  @inline(__always)
  init(startingWith byte: UInt8) {
    switch byte {
    case UInt8(ascii: "{"): self = .object
    case UInt8(ascii: "["): self = .array
    case UInt8(ascii: "\""): self = .string
    case UInt8(ascii: "t"): self = .true
    case UInt8(ascii: "f"): self = .false
    case UInt8(ascii: "n"): self = .null
    default: self = .number
    }
  }
}
