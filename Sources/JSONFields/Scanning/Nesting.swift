/// Which containers are open while a value is scanned: one bit each, so depth costs no heap.
///
/// The innermost 64 are bits of one word, the lowest the innermost; each 64 further out wait in a
/// word of their own. Owns 128 bytes inline, for up to `limit` levels. Not thread-safe; lives for
/// one scan.
struct Nesting {
  /// The deepest nesting it can remember.
  static let limit = 1024

  private var outer = InlineArray<16, UInt64>(repeating: 0)
  private var inner: UInt64 = 0
  private let maximum: Int
  /// How many containers are open.
  private(set) var depth = 0

  /// Nothing open; `maximum` containers may be.
  init(maximum: Int) {
    precondition(maximum >= 0 && maximum <= Nesting.limit)
    self.maximum = maximum
  }

  /// Whether the innermost open container is an object; meaningless when none is open.
  @inline(__always)
  var isObject: Bool { inner & 1 != 0 }

  /// Opens one more container; says no when that would be too deep.
  @inline(__always)
  mutating func push(isObject: Bool) -> Bool {
    guard depth < maximum else { return false }
    if depth & 63 == 0 { outer[depth >> 6] = inner }
    inner = inner << 1 | (isObject ? 1 : 0)
    depth &+= 1
    return true
  }

  /// Closes the innermost container.
  @inline(__always)
  mutating func pop() {
    precondition(depth > 0)
    depth &-= 1
    inner = depth & 63 == 0 ? outer[depth >> 6] : inner >> 1
  }
}
