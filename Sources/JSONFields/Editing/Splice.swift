/// One place where the edited body differs from the original.
enum Splice {
  /// The bytes of `old` give way to the bytes `new` of the plan's texts.
  case replacement(old: Range<Int>, new: Range<Int>)
  /// A whole member goes, with one comma.
  case removal(member: Range<Int>)
  /// A member is added before the closing brace at `close`; `new` starts with a comma.
  case addition(close: Int, new: Range<Int>)

  /// Replaces a value.
  static func replacement(of old: Range<Int>, value: Range<Int>) -> Splice {
    .replacement(old: old, new: value)
  }

  /// Takes a member out.
  static func removal(of slot: FieldSlot) -> Splice { .removal(member: slot.member) }

  /// Adds a member.
  static func addition(before close: Int, member: Range<Int>) -> Splice {
    .addition(close: close, new: member)
  }

  /// Where in the original it happens.
  var position: Int {
    switch self {
    case .replacement(let old, _): old.lowerBound
    case .removal(let member): member.lowerBound
    case .addition(let close, _): close
    }
  }
}
