/// Counts lines in bytes.
enum LineCount {
  /// Line ends in `bytes`.
  static func lines(in bytes: UnsafeRawBufferPointer) -> Int {
    bytes.count { $0 == UInt8(ascii: "\n") }
  }
}
