/// One header field of a head: where its name and value are, and whether its name is known.
///
/// 20 bytes, trivial to copy; the bytes themselves stay in the buffer the head was parsed from.
public struct HeaderField: Equatable, Sendable {
  /// The name's bytes: one or more token characters in the sender's case.
  public var name: ByteRange
  /// The value's bytes without the white space around them; no CR, LF, NUL or other control except
  /// tab.
  public var value: ByteRange
  /// Which known name it is.
  public var known: HeaderName
  /// Whether a `Connection` field of the same head lists this name: not to be passed on.
  ///
  /// Set once the head is complete (RFC 9110 §7.6.1).
  public var isNamedByConnection: Bool

  /// A field from its parts.
  @inlinable
  public init(
    name: ByteRange, value: ByteRange, known: HeaderName, isNamedByConnection: Bool = false
  ) {
    self.name = name
    self.value = value
    self.known = known
    self.isNamedByConnection = isNamedByConnection
  }

  /// Whether a proxy has to keep the field to itself (RFC 9110 §7.6.1).
  @inlinable
  public var isForThisHopOnly: Bool { known.isHopByHop || isNamedByConnection }
}
