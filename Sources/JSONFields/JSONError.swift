/// Why a text is not the JSON we take, and where.
///
/// Made for the client who sent it: `message` is one short English sentence without any of its
/// bytes.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong (RFC 8259; UTF-8 after RFC 3629).
  public enum Kind: Sendable {
    /// No bytes, or only white space.
    case empty
    /// The text starts with a UTF-8 byte order mark (RFC 8259 section 8.1).
    case byteOrderMark
    /// The text ends inside a value.
    case unexpectedEnd
    /// A byte that cannot stand here.
    case unexpectedByte
    /// Not a number by the grammar: leading zero, bare point, missing digits.
    case invalidNumber
    /// Not `true`, `false` or `null`.
    case invalidLiteral
    /// A backslash followed by something that is no escape.
    case invalidEscape
    /// A `\u` escape that is half of a surrogate pair.
    case loneSurrogate
    /// A byte below 0x20 inside a string.
    case controlCharacter
    /// Ill-formed UTF-8 inside a string.
    case invalidUTF8
    /// More objects and arrays inside each other than the limit allows.
    case tooDeep
    /// Bytes after the end of the value.
    case trailingBytes
    /// Valid JSON, but not an object where one is needed.
    case notAnObject
    /// The text is longer than offsets can say (`JSONFields.maximumByteCount`).
    case tooLarge
    /// More repeated names than anyone sends in good faith (`JSONFields.maximumDuplicateCount`).
    case tooManyDuplicates
  }

  /// What is wrong.
  public let kind: Kind
  /// Offset in bytes of the first byte that is wrong; the length of the text when it ended early.
  public let offset: Int

  /// An error from its parts.
  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// The whole text is valid but is not an object.
  public static var notAnObject: JSONError { JSONError(.notAnObject, at: 0) }

  /// One sentence for a client.
  public var message: String {
    switch kind {
    case .empty: "The body is empty; a JSON object is required."
    case .notAnObject: "The body must be a JSON object."
    case .tooLarge: "The body is too large to be read as JSON."
    default: "The body is not valid JSON: \(reason) at byte \(offset)."
    }
  }

  /// The message, for logs.
  public var description: String { message }

  private var reason: StaticString {
    switch kind {
    case .byteOrderMark: "a byte order mark"
    case .unexpectedEnd: "it ends early"
    case .invalidNumber: "a malformed number"
    case .invalidLiteral: "an unknown literal"
    case .invalidEscape: "a malformed escape"
    case .loneSurrogate: "half a surrogate pair"
    case .controlCharacter: "a bare control character in a string"
    case .invalidUTF8: "ill-formed UTF-8"
    case .tooDeep: "nesting too deep"
    case .trailingBytes: "bytes after the end"
    case .tooManyDuplicates: "too many repeated names"
    case .unexpectedByte, .empty, .notAnObject, .tooLarge: "an unexpected byte"
    }
  }
}
