/// Works out, splice by splice in order of position, which bytes of a body go and which come.
///
/// The whole difficulty is commas. A removed member takes the comma before it along; but the first
/// member of an object has none, so it takes the one after it, and then the next member is the
/// first. Reads only white space and punctuation around members of a validated body; owns nothing.
struct BodyCutter {
  /// Up to where the original has been dealt with.
  var cursor = 0
  private let body: UnsafeRawBufferPointer
  /// Where the member starts that has become the first of its object, if any.
  private var firstMember = -1
  /// Where the object closes that has lost every member, if any.
  private var emptiedClose = -1
  /// Where the object closes that got a member last, if any.
  private var extendedClose = -1

  /// A cutter at the start of `body`.
  init(_ body: UnsafeRawBufferPointer) {
    self.body = body
  }

  /// The bytes of the body that go, and the bytes of the plan's texts that come in their place.
  mutating func cut(_ splice: Splice) -> (old: Range<Int>, new: Range<Int>) {
    switch splice {
    case .replacement(let old, let new): (old, new)
    case .removal(let member): (removal(of: member), 0..<0)
    case .addition(let close, let new): (close..<close, addition(of: new, before: close))
    }
  }

  /// The bytes of `member` and of the comma that goes with it.
  private mutating func removal(of member: Range<Int>) -> Range<Int> {
    let before = offsetBefore(member.lowerBound)
    guard member.lowerBound == firstMember || body[before] == UInt8(ascii: "{") else {
      precondition(body[before] == UInt8(ascii: ","), "not the body that was validated")
      return before..<member.upperBound
    }
    let after = offsetAtOrAfter(member.upperBound)
    guard body[after] == UInt8(ascii: ",") else {
      precondition(body[after] == UInt8(ascii: "}"), "not the body that was validated")
      emptiedClose = after
      return member
    }
    firstMember = offsetAtOrAfter(after + 1)
    return member.lowerBound..<after + 1
  }

  /// What is added before the brace at `close`: the new member, without its comma when it is the
  /// first.
  private mutating func addition(of member: Range<Int>, before close: Int) -> Range<Int> {
    precondition(body[close] == UInt8(ascii: "}"), "not the body that was validated")
    let isFirst =
      close != extendedClose
      && (close == emptiedClose || body[offsetBefore(close)] == UInt8(ascii: "{"))
    extendedClose = close
    return isFirst ? member.lowerBound + 1..<member.upperBound : member
  }

  /// The last offset before `position` that holds no white space.
  private func offsetBefore(_ position: Int) -> Int {
    var offset = position - 1
    while offset > 0, body[offset] <= 0x20 { offset -= 1 }
    precondition(offset >= 0)
    return offset
  }

  /// The first offset at or after `position` that holds no white space.
  private func offsetAtOrAfter(_ position: Int) -> Int {
    var offset = position
    while offset < body.count - 1, body[offset] <= 0x20 { offset += 1 }
    return offset
  }
}
