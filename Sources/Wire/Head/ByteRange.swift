/// A run of bytes inside a message head, told by its place and not by a pointer.
///
/// Counted from the first byte of the buffer the head was parsed from, so it stays true when that
/// buffer moves. 8 bytes, trivial to copy; owns nothing.
public struct ByteRange: Equatable, Sendable {
  /// Bytes before the run, from the head's first byte.
  public var offset: UInt32
  /// Bytes in the run.
  public var length: UInt32

  /// A run of `length` bytes that starts `offset` bytes into the head.
  @inlinable
  public init(offset: UInt32, length: UInt32) {
    self.offset = offset
    self.length = length
  }

  /// The run between two places of a head, which parsers keep below 4 GiB.
  @inline(__always)
  init(from start: Int, to end: Int) {
    assert(start >= 0 && start <= end && end <= Int(UInt32.max))
    offset = UInt32(truncatingIfNeeded: start)
    length = UInt32(truncatingIfNeeded: end &- start)
  }

  /// A run of no bytes.
  @inlinable
  public static var empty: ByteRange { ByteRange(offset: 0, length: 0) }

  /// Whether the run holds no bytes.
  @inlinable
  public var isEmpty: Bool { length == 0 }

  /// The place just after the run.
  @inlinable
  public var end: Int { Int(offset) &+ Int(length) }

  /// The bytes of the run in `base`, the buffer the head was parsed from.
  @inlinable
  public func of(_ base: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    precondition(end <= base.count)
    return UnsafeRawBufferPointer(rebasing: base[Int(offset)..<end])
  }
}
