internal import Vocabulary
internal import Wire

/// Streams of events: found and judged the same in one piece and in many, and cut into the events
/// that a slow reading finds.
enum EventFuzz {
  static func run(_ input: FuzzInput) {
    let whole = EventTotals(input.text, ends: [input.text.count])
    let cut = EventTotals(input.text, ends: input.pieceEnds)
    let events = EventModel.events(of: input.text)
    precondition(whole.events == events.count(where: \.hasData), "more or fewer events")
    // An event that is longer than what is kept of it may be judged by its beginning.
    let isJudgedWhole = events.allSatisfy { $0.bytes.count <= ServerSentEventScanner.keptByteLimit }
    precondition(cut.events == whole.events || !isJudgedWhole, "other events in pieces")
    if isJudgedWhole { precondition(whole.isSame(as: cut, in: input.text), "\(whole) \(cut)") }
    let end = events.last?.end ?? 0
    precondition(EventModel.isSame(whole.boundary ?? 0, end, in: input.text), "another boundary")
    precondition(whole.tokenEvents <= whole.events)
    precondition((whole.firstTokenEnd != nil) == (whole.tokenEvents > 0))
    checkRun(input.text, events)
    _ = ExactBytes(input.text).withMarks()
  }

  /// Cuts a text, whole events or not, into its events.
  private static func checkRun(_ text: [UInt8], _ events: [EventModel]) {
    let bytes = ExactBytes(text)
    var run = StreamEventRun(bytes.raw)
    var end = 0
    while let place = run.next() {
      precondition(place.lowerBound == end && !place.isEmpty, "a gap between events")
      end = place.upperBound
      let event = ExactBytes(bytes.raw[place])
      var data = ByteBuffer()
      StreamEventLines.appendData(of: event.raw, to: &data)
      precondition(data.count == place.count, "data at another place")
      for (one, other) in zip(data.bytes, event.raw) {
        precondition(one == other || one == 0x20, "another byte of data")
      }
    }
    precondition(end == text.count, "the end is missing")
  }
}

extension ExactBytes {
  /// Runs the searches that look at every part of an answer.
  fileprivate borrowing func withMarks() -> (Bool, Bool) {
    (AnswerMarks.mayHoldUsage(raw), AnswerMarks.isAborted(raw))
  }
}
