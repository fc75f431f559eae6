internal import Glibc

/// A growable run of bytes with one owner: appended at the end, consumed from the front.
///
/// Holds one heap block, or none while empty. Not thread-safe; never shrinks by itself. Bounds are
/// preconditions: a caller that has bytes from outside checks them first.
public struct ByteBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer?
  @usableFromInline var start: Int
  @usableFromInline var end: Int
  @usableFromInline var size: Int

  /// Size of the heap block in bytes.
  @inlinable
  public var capacity: Int { size }

  /// An empty buffer that owns no memory yet.
  @inlinable
  public init() {
    base = nil
    start = 0
    end = 0
    size = 0
  }

  /// An empty buffer with room for `capacity` bytes.
  public init(capacity: Int) {
    precondition(capacity >= 0)
    base = capacity > 0 ? malloc(capacity)! : nil
    start = 0
    end = 0
    size = capacity
  }

  @inlinable
  deinit {
    if let base { ByteBuffer.deallocate(base) }
  }

  @usableFromInline
  static func deallocate(_ block: UnsafeMutableRawPointer) {
    free(block)
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

  /// Appends what `write` puts down, which is at most `room` bytes.
  @inlinable
  @inline(__always)
  public mutating func append(upTo room: Int, _ write: (inout BytePen) -> Void) {
    precondition(room > 0)
    reserve(room)
    let first = base.unsafelyUnwrapped + end
    var pen = BytePen(first, room: room)
    write(&pen)
    let count = pen.place - first
    precondition(count <= room, "no more was written than there was room for")
    end += count
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
    append(upTo: BytePen.decimalRoom) { $0.put(decimal: number) }
  }

  /// Appends `number` in lower-case hexadecimal digits.
  public mutating func append(hexadecimal number: UInt) {
    let digits = max(1, (UInt.bitWidth - number.leadingZeroBitCount + 3) / 4)
    let end = appendUninitialized(digits) + digits
    var value = number
    for place in 1...digits {
      let digit = UInt8(truncatingIfNeeded: value & 15)
      let letter = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
      (end - place).storeBytes(of: letter, as: UInt8.self)
      value >>= 4
    }
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
    size = 0
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
    size = wanted
  }
}
