internal import EventLoop
internal import Vocabulary
internal import Wire

// The way out: frames are made at the end of a wake-up, as many as the socket is likely to take.
extension HTTP2FrontendConnection: WakeUpEndHandler {
  /// Bytes made into frames at once.
  private static let pieceBytes = 64 * 1024

  /// There may be something to send.
  func needsOutput() {
    guard !isOutputAsked, isSpeaking else { return }
    isOutputAsked = true
    stream.loop.callAtWakeUpEnd(self)
  }

  func wakeUpWillEnd(_ loop: any Loop) {
    isOutputAsked = false
    produce()
  }

  /// Makes frames of what streams have written, until the socket has enough.
  func produce() {
    let limit = frontend.limits.clientHighWatermarkBytes
    while isSpeaking, session.wantsOutput, stream.bufferedByteCount <= limit {
      var output = ByteBuffer()
      swap(&output, &frontend.outputScratch)
      session.produce(into: &output, upTo: HTTP2FrontendConnection.pieceBytes)
      let count = output.count
      if count > 0 { write(output.bytes) }
      output.removeAll(keepingCapacityUpTo: 2 * HTTP2FrontendConnection.pieceBytes)
      swap(&output, &frontend.outputScratch)
      handEventsOn()
      if count == 0 { break }
    }
    guard isSpeaking else { return }
    if let failure = session.failure { return end(by: failure) }
    if phase == .leaving, streams.isEmpty, session.isOver { linger() }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    writtenByteCount &+= bytes.count
    stream.write(bytes)
  }

  /// Writes what is no HTTP/2 and closes.
  func corrupt(_ bytes: UnsafeRawBufferPointer) {
    produce()
    stream.write(bytes)
    closeAfterFlush()
  }
}
