/// Cuts a run of bytes that begins and ends at event boundaries into its events.
///
/// Each comes with its empty line; lines end as in `ServerSentEventScanner`. A lone line end, such
/// as the LF of a CRLF that was cut in two, comes as an event of its own. Owns nothing.
public struct StreamEventRun {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  /// A run of `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// Where the next event is; nil at the end. The last one may lack its empty line.
  public mutating func next() -> Range<Int>? {
    guard let base = bytes.baseAddress, place < bytes.count else { return nil }
    let start = place
    var isBlank = false
    while !isBlank, place < bytes.count {
      let end = ByteSearch.firstLineBreak(base, from: place, to: bytes.count)
      isBlank = end == place
      place = end
      guard end < bytes.count else { break }
      place += 1
      let isReturn = ByteSearch.byte(base, end) == ASCII.carriageReturn
      if isReturn, place < bytes.count, ByteSearch.byte(base, place) == ASCII.lineFeed {
        place += 1
      }
    }
    return start..<place
  }
}
