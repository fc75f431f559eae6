internal import Vocabulary

/// What is known of a head that was read, so that one that repeats it need not be: clients and
/// engines send the same head again and again, but for a length, a date or an identifier.
///
/// Only holes may differ: the digits of `Content-Length`, and the values of `Date`, `X-Request-Id`
/// and `traceparent`, each as long as it was. Every other byte must be the same, so whatever was
/// read is true of the new head as well, at the same places. The bytes in the holes are checked as
/// the parser does. Some 30 bytes; the head and its bytes are the owner's to keep. Costs one
/// comparison of the head's bytes, a few instructions for each 32 of them; what is kept of the head
/// before is changed where this one differs.
public struct HeadMemo: Sendable {
  private static let capacity = 3

  /// Another number whenever a head was read anew, so that what was drawn from its fields holds as
  /// long as the number stays.
  public private(set) var edition: UInt32 = 0
  /// Bytes of the head; 0 while none is known.
  private var length: UInt32 = 0
  private var holeCount: UInt8 = 0
  /// Which of the holes is that of `Content-Length`, if one is.
  private var numberPlace: UInt8 = .max
  private var holes = InlineArray<3, ByteRange>(repeating: .empty)

  /// Knows no head.
  public init() {}

  /// Notes a head that was read: `byteCount` bytes, all of them kept by the owner.
  mutating func note(_ fields: borrowing HeaderTable, byteCount: Int) {
    forget()
    // Whether a client waits for its `100 Continue` depends on the length.
    guard !fields.has(.expect) else { return }
    for place in 0..<fields.count {
      let field = fields.unchecked(place)
      switch field.known {
      case .contentLength: numberPlace = holeCount
      case .date, .xRequestID, .traceparent: break
      default: continue
      }
      guard holeCount < HeadMemo.capacity, !field.value.isEmpty else { return forget() }
      holes[Int(holeCount)] = field.value
      holeCount &+= 1
    }
    length = UInt32(truncatingIfNeeded: byteCount)
  }

  /// Knows no head any more: another one is there, or on its way.
  public mutating func forget() {
    edition &+= 1
    length = 0
    holeCount = 0
    numberPlace = .max
  }

  /// What a head says that is the one before over again.
  struct Repetition {
    /// Its `Content-Length`, where that is not the one before.
    var newLength: Int?
  }

  /// Whether `bytes` begin with a head that repeats the one in `known`, which is then made it.
  ///
  /// Then `known` has as many bytes as the head. Nil when it must be read: `known` may be neither
  /// head then, and is to be forgotten.
  func recognize(
    _ bytes: UnsafeRawBufferPointer, in known: inout ByteBuffer
  ) -> Repetition? {
    let length = Int(length)
    guard length > 0, bytes.count >= length, let base = bytes.baseAddress else { return nil }
    precondition(known.count == length, "the head that was noted is kept")
    let other = known.mutableBytes.baseAddress.unsafelyUnwrapped
    var repetition = Repetition()
    var place = 0
    for index in 0..<Int(holeCount) {
      let (start, end) = (Int(holes[index].offset), holes[index].end)
      if !ByteSearch.isSame(base, other, from: place, to: end) {
        guard ByteSearch.isSame(base, other, from: place, to: start),
          fills(index, base, from: start, to: end, &repetition)
        else { return nil }
        (other + start).copyMemory(from: base + start, byteCount: end &- start)
      }
      place = end
    }
    guard ByteSearch.isSame(base, other, from: place, to: length) else { return nil }
    return repetition
  }

  /// Whether a parser would take what lies in a hole as the whole value of its field.
  @inline(__always)
  private func fills(
    _ index: Int, _ base: UnsafeRawPointer, from start: Int, to end: Int,
    _ repetition: inout Repetition
  ) -> Bool {
    guard index != Int(numberPlace) else {
      repetition.newLength = ASCII.decimal(base, from: start, to: end)
      return repetition.newLength != nil
    }
    return ByteSearch.firstControl(base, from: start, to: end) == end
      && !ASCII.isBlank(ByteSearch.byte(base, start))
      && !ASCII.isBlank(ByteSearch.byte(base, end &- 1))
  }
}
