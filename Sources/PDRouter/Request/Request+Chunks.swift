internal import Vocabulary
internal import Wire

// The short way of a stream's events: as long as each comes in a chunk of its own, there is nothing
// in it to be held, joined or acted upon, and the client gets chunks of HTTP/1.1 too, what has come
// in one wake-up leaves as it is, in one write, without a copy and without its framing made anew.
extension Request: LegChunkTaker {
  /// The answer has begun: from now on its chunks are taken, if the client can have them.
  func beginPassingChunks(to exchange: Exchange) {
    guard !router.configuration.observability.reportsStages else { return }
    chunkWriter = exchange.chunkWriter
    if chunkWriter != nil { servingLeg.chunkTaker = self }
  }

  /// Nothing goes this way any more.
  func endPassingChunks() {
    chunkWriter = nil
    servingLeg.chunkTaker = nil
  }

  func takeChunks(_ bytes: UnsafeRawBufferPointer, at now: Instant) -> Int {
    // Moved out and in again, which costs less than counting one more reference.
    guard let writer = chunkWriter.take() else { return 0 }
    let run = relay.takeChunks(bytes)
    if run.end > 0 { pass(run, of: bytes, to: writer, at: now) }
    chunkWriter = writer
    return run.end
  }

  private func pass(
    _ run: PlainChunkRun, of bytes: UnsafeRawBufferPointer, to writer: any ChunkWriter,
    at now: Instant
  ) {
    record.answerBytes &+= run.bodyByteCount
    let chunks = UnsafeRawBufferPointer(start: bytes.baseAddress, count: run.end)
    let waiting = writer.writeChunks(chunks, isAll: run.end == bytes.count)
    if run.tokenEvents > 0 { noteTokens(run.tokenEvents, at: now) }
    if waiting > 0, waiting > router.configuration.limits.clientHighWatermarkBytes {
      servingLeg.pauseReading()
    }
  }
}
