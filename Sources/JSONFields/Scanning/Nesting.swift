/// Which containers are open while a value is scanned: one bit each, so depth costs no heap.
///
/// Owns 128 bytes inline, for up to `limit` levels. Not thread-safe; lives for one scan.
struct Nesting {
  /// The deepest nesting it can remember.
  static let limit = 1024

  private var bits = InlineArray<16, UInt64>(repeating: 0)
  private let maximum: Int
  /// How many containers are open.
  private(set) var depth = 0
  /// Whether the innermost open container is an object; meaningless when none is open.
  private(set) var isObject = false

  /// Nothing open; `maximum` containers may be.
  init(maximum: Int) {
    precondition(maximum >= 0 && maximum <= Nesting.limit)
    self.maximum = maximum
  }

  /// Opens one more container; says no when that would be too deep.
  @inline(__always)
  mutating func push(isObject: Bool) -> Bool {
    guard depth < maximum else { return false }
    let mask: UInt64 = 1 << UInt64(depth & 63)
    if isObject { bits[depth >> 6] |= mask } else { bits[depth >> 6] &= ~mask }
    depth += 1
    self.isObject = isObject
    return true
  }

  /// Closes the innermost container.
  @inline(__always)
  mutating func pop() {
    precondition(depth > 0)
    depth -= 1
    guard depth > 0 else { return }
    isObject = bits[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1
  }
}
