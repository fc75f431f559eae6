/// Takes a status line apart: version, status, reason (RFC 9112 §4).
enum HTTP1StatusLine {
  /// Reads the line at `line`, which holds no control character but tab, into `head`.
  ///
  /// A missing reason is tolerated with and without the space before it.
  static func read(
    _ base: UnsafeRawPointer, _ line: Range<Int>, into head: inout ResponseHead
  ) throws(WireError) {
    let start = line.lowerBound
    guard line.count >= HTTP1Version.length else { throw .invalidStatusLine }
    head.isHTTP10 = try HTTP1Version.isHTTP10(base, start)
    let digits = start &+ HTTP1Version.length &+ 1
    let afterDigits = digits &+ 3
    guard line.upperBound >= afterDigits, ByteSearch.byte(base, digits &- 1) == ASCII.space,
      let status = ASCII.decimal(base, from: digits, to: afterDigits), status >= 100
    else { throw .invalidStatusLine }
    head.status = status
    head.reason = .empty
    guard line.upperBound > afterDigits else { return }
    guard ByteSearch.byte(base, afterDigits) == ASCII.space else { throw .invalidStatusLine }
    head.reason = ByteRange(from: afterDigits &+ 1, to: line.upperBound)
  }
}
