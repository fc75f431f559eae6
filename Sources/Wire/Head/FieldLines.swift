public import Vocabulary

/// Copies fields of one parsed head to the end of a buffer, lines that lie side by side in one
/// piece.
///
/// For fields in their order: `append` those that are wanted, then `flush`. Lines are copied as
/// their sender wrote them where that is how everybody does (`name: value`, CRLF), and written anew
/// where not. A value of two words; owns nothing.
public struct FieldLines {
  /// The run of lines that were asked for and are not copied yet.
  private var start = 0
  private var end = 0

  /// Nothing yet.
  public init() {}

  /// Copies `field`, of the head that lies in `base`, now or with what follows it.
  @inline(__always)
  public mutating func append(
    _ field: HeaderField, from base: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
  ) {
    guard let line = ByteBuffer.plainLine(of: field, in: base) else {
      flush(from: base, to: &buffer)
      return buffer.appendField(copying: field, from: base)
    }
    if line.lowerBound != end {
      flush(from: base, to: &buffer)
      start = line.lowerBound
    }
    end = line.upperBound
  }

  /// Copies what is left.
  @inline(__always)
  public mutating func flush(from base: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
    if end > start { buffer.append(UnsafeRawBufferPointer(rebasing: base[start..<end])) }
    start = end
  }
}
