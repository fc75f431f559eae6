public import Vocabulary

/// Writes into room at the end of a `ByteBuffer`: the quick way to compose short runs of bytes.
///
/// Made by `ByteBuffer.append(upTo:_:)` and used inside of its closure alone. The room is checked
/// byte for byte in debug builds, and once, after the fact, in others: whoever asks for it counts
/// what is to be written.
public struct BytePen: ~Copyable {
  @usableFromInline var place: UnsafeMutableRawPointer
  @usableFromInline let limit: UnsafeMutableRawPointer

  @inlinable
  @inline(__always)
  init(_ place: UnsafeMutableRawPointer, room: Int) {
    self.place = place
    limit = place + room
  }

  /// Writes `bytes`.
  @inlinable
  @inline(__always)
  public mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    assert(limit - place >= bytes.count, "there is room")
    place.copyMemory(from: source, byteCount: bytes.count)
    place += bytes.count
  }

  /// Writes the UTF-8 bytes of a literal.
  @inlinable
  @inline(__always)
  public mutating func put(_ literal: StaticString) {
    assert(limit - place >= literal.utf8CodeUnitCount, "there is room")
    place.copyMemory(from: literal.utf8Start, byteCount: literal.utf8CodeUnitCount)
    place += literal.utf8CodeUnitCount
  }

  /// Writes `number` in decimal digits; there must be `decimalRoom`, however few they are.
  @inlinable
  @inline(__always)
  public mutating func put(decimal number: Int) {
    assert(limit - place >= BytePen.decimalRoom, "there is room")
    guard number >= 0, number < 1000 else { return putLong(number) }
    let value = UInt32(truncatingIfNeeded: number)
    if value >= 100 { put(digit: value / 100) }
    if value >= 10 { put(digit: value / 10 % 10) }
    put(digit: value % 10)
  }

  /// Bytes of the longest number.
  public static let decimalRoom = 20

  @usableFromInline
  @inline(never)
  mutating func putLong(_ number: Int) {
    if number < 0 {
      place.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
      place += 1
    }
    var value = number.magnitude
    var digits = 1
    var bound: UInt = 10
    while digits < 19, value >= bound {
      digits &+= 1
      bound &*= 10
    }
    let end = place + digits
    var next = end
    repeat {
      next -= 1
      next.storeBytes(of: UInt8(ascii: "0") &+ UInt8(value % 10), as: UInt8.self)
      value /= 10
    } while value > 0
    place = end
  }

  @inlinable
  @inline(__always)
  mutating func put(digit: UInt32) {
    place.storeBytes(
      of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit), as: UInt8.self)
    place += 1
  }
}

extension ByteBuffer {
  /// Appends what `write` puts down, which is at most `room` bytes.
  @inlinable
  @inline(__always)
  public mutating func append(upTo room: Int, _ write: (inout BytePen) -> Void) {
    let first = appendUninitialized(room)
    var pen = BytePen(first, room: room)
    write(&pen)
    let count = pen.place - first
    precondition(count >= 0 && count <= room, "no more was written than there was room for")
    removeLast(room &- count)
  }
}
