public import Vocabulary

/// The lines of one head that are passed on: copied to the end of a buffer, those that lie side by
/// side in one piece, and found only once for all heads that repeat it.
///
/// `begin`, then `append` for every field that is wanted, in their order, then `end`; while
/// `areKnown` says so, `copy` does all of it again. Lines are copied as their sender wrote them
/// where that is how everybody does (`name: value`, CRLF), and written anew where not, which is not
/// remembered; nor are more runs than six. Some 70 bytes; owns nothing.
public struct FieldLines: Sendable {
  private static let capacity = 6

  /// Bytes of the lines that were found.
  public private(set) var byteCount = 0
  private var edition: UInt32 = 0
  private var kind: UInt8 = 0
  private var isComplete = false
  private var isPlain = true
  private var runCount: UInt8 = 0
  private var runs = InlineArray<6, ByteRange>(repeating: .empty)
  /// The run of lines that were asked for and are not copied yet.
  private var start = 0
  private var end = 0

  /// Nothing yet.
  public init() {}

  /// Whether the lines of the head that `memo` knows, chosen in the way that `kind` numbers, can be
  /// copied without a look at its fields.
  @inlinable
  public func areKnown(_ memo: HeadMemo, kind: UInt8) -> Bool {
    areKnown(memo.edition, kind)
  }

  @usableFromInline
  func areKnown(_ edition: UInt32, _ kind: UInt8) -> Bool {
    isComplete && self.edition == edition && self.kind == kind
  }

  /// Writes the lines that were found before: `byteCount` bytes.
  public func copy(from base: UnsafeRawBufferPointer, to pen: inout BytePen) {
    precondition(isComplete, "what is copied was found before")
    for index in 0..<Int(runCount) { pen.put(runs[index].of(base)) }
  }

  /// Begins to find the lines of the head that `memo` knows, chosen in the way that `kind` numbers.
  public mutating func begin(_ memo: HeadMemo, kind: UInt8) {
    edition = memo.edition
    self.kind = kind
    isComplete = false
    isPlain = true
    runCount = 0
    byteCount = 0
    start = 0
    end = 0
  }

  /// Copies `field`, of the head that lies in `base`, now or with what follows it.
  @inline(__always)
  public mutating func append(
    _ field: HeaderField, from base: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
  ) {
    guard let line = ByteBuffer.plainLine(of: field, in: base) else {
      isPlain = false
      flush(from: base, to: &buffer)
      return buffer.appendField(copying: field, from: base)
    }
    if line.lowerBound != end {
      flush(from: base, to: &buffer)
      start = line.lowerBound
    }
    end = line.upperBound
  }

  /// Copies what is left, and remembers what was copied.
  public mutating func end(from base: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
    flush(from: base, to: &buffer)
    isComplete = isPlain
  }

  @inline(__always)
  private mutating func flush(from base: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
    if end > start {
      buffer.append(UnsafeRawBufferPointer(rebasing: base[start..<end]))
      note(ByteRange(from: start, to: end))
    }
    start = end
  }

  private mutating func note(_ run: ByteRange) {
    guard runCount < FieldLines.capacity else {
      isPlain = false
      return
    }
    runs[Int(runCount)] = run
    byteCount &+= Int(run.length)
    runCount &+= 1
  }
}
