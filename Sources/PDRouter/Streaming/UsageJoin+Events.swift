internal import Vocabulary
internal import Wire

extension UsageJoin {
  /// The largest event that is joined, in bytes.
  static let eventLimit = 1 << 20

  /// Appends whole events to `buffer`, with the usage in them joined.
  ///
  /// Only events with a usage object are read, up to `eventLimit`; line ends and everything but the
  /// changed members stay. `scratch` is overwritten. With `skipsFirst` the run begins within an
  /// event, which then stays as it is.
  func append(
    events run: UnsafeRawBufferPointer, skipsFirst: Bool, scratch: inout ByteBuffer,
    to buffer: inout ByteBuffer
  ) {
    var events = StreamEventRun(run)
    var skips = skipsFirst
    while let place = events.next() {
      let event = UnsafeRawBufferPointer(rebasing: run[place])
      if !skips, event.count <= UsageJoin.eventLimit, AnswerMarks.mayHoldUsage(event) {
        scratch.removeAll()
        StreamEventLines.appendData(of: event, to: &scratch)
        if append(scratch.bytes, writtenAs: event, isWhole: false, to: &buffer) { continue }
      }
      skips = false
      buffer.append(event)
    }
  }
}
