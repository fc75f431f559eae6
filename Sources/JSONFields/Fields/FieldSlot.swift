/// Where one member with a known name lies: 16 bytes instead of five words.
struct FieldSlot: Sendable {
  /// Offset of the name's opening quote.
  let nameStart: UInt32
  private let valueStart: UInt32
  private let valueEnd: UInt32
  /// The value's first byte; 0 when there is no such member.
  private let first: UInt8

  /// No member.
  static var absent: FieldSlot { FieldSlot(nameStart: 0, valueStart: 0, valueEnd: 0, first: 0) }

  /// The place of `member`.
  @inline(__always)
  init(_ member: JSONMember) {
    // The scanner takes no text longer than UInt32 can say.
    nameStart = UInt32(truncatingIfNeeded: member.nameStart)
    valueStart = UInt32(truncatingIfNeeded: member.valueStart)
    valueEnd = UInt32(truncatingIfNeeded: member.valueEnd)
    first = member.first
  }

  private init(nameStart: UInt32, valueStart: UInt32, valueEnd: UInt32, first: UInt8) {
    self.nameStart = nameStart
    self.valueStart = valueStart
    self.valueEnd = valueEnd
    self.first = first
  }

  /// What the value is; nil when there is no such member.
  @inline(__always)
  var kind: JSONKind? { first == 0 ? nil : JSONKind(startingWith: first) }

  /// The value's bytes in the body.
  var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

  /// The bytes from the name's opening quote to the end of the value.
  var member: Range<Int> { Int(nameStart)..<Int(valueEnd) }
}
