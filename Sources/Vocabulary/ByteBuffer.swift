internal import Glibc

/// A growable run of bytes with one owner: appended at the end, consumed from the front.
///
/// Holds one heap block, or none while empty. Not thread-safe; never shrinks by itself. Bounds are
/// preconditions: a caller that has bytes from outside checks them first.
public struct ByteBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer?
  @usableFromInline var start: Int
  @usableFromInline var end: Int
  /// Size of the heap block in bytes.
  public private(set) var capacity: Int

  /// An empty buffer that owns no memory yet.
  @inlinable
  public init() {
    self.init(capacity: 0)
  }

  /// An empty buffer with room for `capacity` bytes.
  public init(capacity: Int) {
    precondition(capacity >= 0)
    base = capacity > 0 ? malloc(capacity)! : nil
    start = 0
    end = 0
    self.capacity = capacity
  }

  deinit {
    free(base)
  }

  /// How many bytes it holds.
  @inlinable
  public var count: Int { end - start }

  /// Whether it holds none.
  @inlinable
  public var isEmpty: Bool { end == start }

  /// The bytes, valid until the next change of the buffer.
  @inlinable
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base.map { $0 + start }, count: end - start)
  }

  /// The bytes, writable in place, valid until the next change of the buffer.
  @inlinable
  public var mutableBytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base.map { $0 + start }, count: end - start)
  }

  /// Makes room for `more` bytes after the last one.
  @inlinable
  public mutating func reserve(_ more: Int) {
    if capacity - end < more { grow(more) }
  }

  /// Appends `bytes`, which must not lie in this buffer.
  @inlinable
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    (base! + end).copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
  }

  /// Appends `count` bytes that the caller writes at once, where the result says.
  @inlinable
  public mutating func appendUninitialized(_ count: Int) -> UnsafeMutableRawPointer {
    precondition(count > 0)
    reserve(count)
    defer { end += count }
    return base! + end
  }

  /// Appends one byte.
  @inlinable
  public mutating func append(_ byte: UInt8) {
    reserve(1)
    (base! + end).storeBytes(of: byte, as: UInt8.self)
    end += 1
  }

  /// Appends the UTF-8 bytes of a literal.
  @inlinable
  public mutating func append(_ literal: StaticString) {
    append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Appends the UTF-8 bytes of `text`.
  @inlinable
  public mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends `number` in decimal digits.
  public mutating func append(decimal number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    appendDigits(number.magnitude, radix: 10)
  }

  /// Appends `number` in lower-case hexadecimal digits.
  public mutating func append(hexadecimal number: UInt) {
    appendDigits(number, radix: 16)
  }

  /// Forgets the first `count` bytes.
  @inlinable
  public mutating func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= self.count)
    start += count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Forgets the last `count` bytes.
  @inlinable
  public mutating func removeLast(_ count: Int) {
    precondition(count >= 0 && count <= self.count)
    end -= count
  }

  /// Forgets every byte; keeps the heap block unless it is larger than `limit` bytes.
  @inlinable
  public mutating func removeAll(keepingCapacityUpTo limit: Int = .max) {
    start = 0
    end = 0
    if capacity > limit { releaseMemory() }
  }

  /// Forgets every byte and gives the heap block back.
  public mutating func releaseMemory() {
    free(base)
    base = nil
    start = 0
    end = 0
    capacity = 0
  }

  @usableFromInline
  mutating func grow(_ more: Int) {
    // Moving pays only when at least half of what was written is done with.
    if start >= count, start > 0 {
      memmove(base!, base! + start, count)
      end -= start
      start = 0
      if capacity - end >= more { return }
    }
    var wanted = max(capacity, 128)
    repeat { wanted *= 2 } while wanted - end < more
    base = realloc(base, wanted)!
    capacity = wanted
  }

  /// Inline, so that the divisions are by a constant.
  @inline(__always)
  private mutating func appendDigits(_ number: UInt, radix: UInt) {
    var digits = 1
    var rest = number / radix
    while rest > 0 {
      digits += 1
      rest /= radix
    }
    reserve(digits)
    var value = number
    for place in stride(from: end + digits - 1, through: end, by: -1) {
      let digit = UInt8(truncatingIfNeeded: value % radix)
      let letter = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
      (base! + place).storeBytes(of: letter, as: UInt8.self)
      value /= radix
    }
    end += digits
  }
}
