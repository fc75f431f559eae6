internal import Glibc

extension UnsafeRawBufferPointer {
  /// Whether these bytes are those of `literal`; one comparison of known length, where
  /// `elementsEqual` costs some 25 instructions a byte.
  @inlinable
  public func isSame(as literal: StaticString) -> Bool {
    isSame(
      as: UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Whether these bytes are the same as `other`.
  @inlinable
  public func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    count == other.count && UnsafeRawBufferPointer.isEqual(self, other)
  }

  @usableFromInline
  static func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard let one = left.baseAddress, let other = right.baseAddress else { return true }
    return memcmp(one, other, left.count) == 0
  }
}
