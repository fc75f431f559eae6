internal import EventLoop
internal import Vocabulary
internal import Wire

// The way out: plaintext is gathered until the wake-up ends, then sealed in records of 16 KiB at
// most, in the loop's scratch, from where the stream below takes them.
extension TLSStream: WakeUpEndHandler {
  var bufferedByteCount: Int {
    guard isLive else { return 0 }
    return pending.count + overhead.plaintext(in: inner?.bufferedByteCount ?? 0)
  }

  func write(_ bytes: UnsafeRawBufferPointer) {
    guard acceptsWrites, isLive, bytes.count > 0 else { return }
    if phase == .open, bytes.count >= TLSSession.recordSize {
      seal()
      seal(bytes)
    } else {
      scratch.equip(&pending)
      pending.append(bytes)
    }
    didQueue()
  }

  func write(gathering pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    guard acceptsWrites, isLive else { return }
    for piece in pieces where piece.count > 0 {
      if phase == .open, piece.count >= TLSSession.recordSize {
        seal()
        seal(piece)
      } else {
        scratch.equip(&pending)
        pending.append(piece)
      }
    }
    didQueue()
  }

  func flush() {
    guard phase == .open else { return }
    seal()
    inner?.flush()
  }

  func finishWriting() {
    guard acceptsWrites, isLive else { return }
    acceptsWrites = false
    if phase == .open { sendEnd() }
  }

  func closeAfterFlush() {
    guard isLive else { return }
    guard phase == .open else {
      if pending.isEmpty { return close() }
      acceptsWrites = false
      closesWhenOpen = true
      return
    }
    acceptsWrites = false
    sayClose()
    guard phase == .open else { return }
    phase = .closing
    inner?.closeAfterFlush()
  }

  func close() {
    guard isLive else { return }
    if phase == .open, pending.isEmpty {
      inner?.flush()
      // A close_notify behind bytes that are thrown away would say that they came.
      if inner?.bufferedByteCount == 0 { sayClose() }
      inner?.flush()
    }
    guard isLive else { return }
    leave()
    inner?.close()
  }

  func reset() {
    guard isLive else { return }
    leave()
    inner?.reset()
  }

  private func leave() {
    phase = .closing
    closeReason = .closedHere
    acceptsWrites = false
    pending.releaseMemory()
  }

  /// After a write: makes large plaintext into records now, the rest when the wake-up ends.
  private func didQueue() {
    if phase == .open, pending.count >= TLSSession.recordSize { seal() }
    if bufferedByteCount > options.highWatermark { isAboveHighWatermark = true }
    if phase == .open, !pending.isEmpty || isAboveHighWatermark { callAtWakeUpEnd() }
  }

  func callAtWakeUpEnd() {
    guard !awaitsWakeUpEnd else { return }
    awaitsWakeUpEnd = true
    loop.callAtWakeUpEnd(self)
  }

  func wakeUpWillEnd(_ loop: any Loop) {
    awaitsWakeUpEnd = false
    guard phase == .open else { return }
    seal()
    readHeld()
    // Above its high watermark, the stream below will tell when it has drained; else nobody would.
    if phase == .open, let inner, inner.bufferedByteCount <= options.highWatermark { tellDrain() }
  }

  /// The writer may go on, if it was to stop.
  func tellDrain() {
    guard isAboveHighWatermark, bufferedByteCount <= options.highWatermark else { return }
    isAboveHighWatermark = false
    if acceptsWrites { handler?.streamDidDrain(self) }
  }
}

// MARK: - Records

extension TLSStream {
  /// Seals what was gathered.
  func seal() {
    guard phase == .open, !pending.isEmpty else { return }
    var gathered = ByteBuffer()
    swap(&gathered, &pending)
    seal(gathered.bytes)
    scratch.takeBack(&gathered)
  }

  private func seal(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    var sealed = 0
    while offset < bytes.count {
      let count = min(TLSSession.recordSize, bytes.count - offset)
      do throws(TLSFailure) {
        try session?.write(
          UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]),
          sending: &scratch.ciphertext)
      } catch {
        return fail(error)
      }
      offset += count
      sealed += count
      guard scratch.ciphertext.count >= TLSScratch.handOverSize else { continue }
      handOver(plaintext: sealed)
      sealed = 0
    }
    handOver(plaintext: sealed)
  }

  /// Gives the records in the scratch to the stream below.
  func handOver(plaintext: Int) {
    let count = scratch.ciphertext.count
    guard count > 0, let inner else { return }
    let before = inner.bufferedByteCount
    inner.write(scratch.ciphertext.bytes)
    scratch.ciphertext.removeAll(keepingCapacityUpTo: 2 * TLSScratch.handOverSize)
    overhead.note(
      plaintext: plaintext, ciphertext: count, before: before, after: inner.bufferedByteCount)
  }

  func sendEnd() {
    sayClose()
    inner?.finishWriting()
  }

  /// Says that nothing more comes, after what was written.
  func sayClose() {
    seal()
    session?.close(sending: &scratch.ciphertext)
    handOver(plaintext: 0)
  }

  /// Answers a client that speaks plain HTTP in its own words.
  func sayThatTLSIsSpoken() {
    var body = ByteBuffer(capacity: 256)
    ErrorAnswer.append(
      RouterError(
        .badRequest(status: 400), origin: .client, message: "TLS is spoken here; use https://."),
      to: &body)
    var answer = ByteBuffer(capacity: 512)
    answer.appendStatusLine(400)
    answer.append("content-type: application/json\r\nconnection: close\r\n")
    answer.appendField(name: "content-length", value: body.count)
    answer.append("\r\n")
    answer.append(body.bytes)
    inner?.write(answer.bytes)
  }
}
