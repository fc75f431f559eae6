internal import EventLoop
internal import Vocabulary

// What a request tells of its own way: to the metrics as its tokens pass, and to a client that may
// know, in fields of the answer and a comment of the stream.
extension Request {
  /// So many tokens of a stream were passed on just now.
  func noteTokens(_ tokens: Int, at now: Instant) {
    if let last = record.lastTokenAt {
      tokenGaps.record(nanoseconds: now.nanoseconds &- last.nanoseconds, zeros: tokens &- 1)
    } else if tokens > 1 {
      tokenGaps.record(nanoseconds: 0, zeros: tokens &- 2)
    }
    record.lastTokenAt = now
  }

  /// Adds what clients are told of the request's way to the fields of its answer.
  func appendReceipts() {
    let settings = router.configuration.observability
    guard settings.givesRouteReceipt || settings.reportsStages else { return }
    if settings.givesRouteReceipt {
      router.answerFields.append("x-pd-route: ")
      RouteReceipt.append(record, to: &router.answerFields)
      router.answerFields.append("\r\n")
    }
    if settings.reportsStages {
      router.answerFields.append("x-router-stages: ")
      StageReport.append(record, now: router.loop.now, to: &router.answerFields)
      router.answerFields.append("\r\n")
    }
  }

  /// Whether the stream announces its end in the piece being passed, and is to report its stages
  /// before.
  var reportsStagesNow: Bool {
    router.configuration.observability.reportsStages && relay.sawDone && !record.hasReportedStages
  }

  /// Sends what is held and the last piece of a stream, with a comment about the stages before
  /// `data: [DONE]`: whatever comes after that, clients do not read.
  func sendWithStages(_ piece: UnsafeRawBufferPointer) {
    var events = ByteBuffer(capacity: relay.held.count + piece.count)
    events.append(relay.held.bytes)
    events.append(piece)
    relay.didSendHeld()
    let place = StageReport.placeOfDone(in: events.bytes)
    send(UnsafeRawBufferPointer(rebasing: events.bytes[..<place]))
    if place < events.count { sendStages() }
    send(UnsafeRawBufferPointer(rebasing: events.bytes[place...]))
  }

  /// Sends the comment at the end of a stream that has none yet.
  func sendStagesAtEnd() {
    guard router.configuration.observability.reportsStages, !record.hasReportedStages,
      relay.acceptsEvent
    else { return }
    sendStages()
  }

  private func sendStages() {
    record.hasReportedStages = true
    var comment = ByteBuffer(capacity: 256)
    comment.append(": router-stages ")
    StageReport.append(record, now: router.loop.now, to: &comment)
    comment.append("\n\n")
    send(comment.bytes)
  }
}
