internal import EventLoop
internal import Vocabulary

/// From the writer's queue into the network.
extension SimulatedStream {
  /// Largest packet of a link with limited bandwidth, so that bytes trickle.
  private static let largestPacedPacket = 4096

  /// Queues a copy of `bytes`, to leave at the end of the wake-up.
  public func write(_ bytes: UnsafeRawBufferPointer) {
    guard isWritable, bytes.count > 0 else { return }
    outbound.append(bytes)
    didQueue()
  }

  /// Queues copies of several runs of bytes in order.
  public func write(gathering pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    guard isWritable else { return }
    for piece in pieces { outbound.append(piece) }
    if outbound.queuedCount > 0 { didQueue() }
  }

  /// Gives the kernel what it takes now.
  public func flush() {
    transmit()
  }

  /// Sends the end once everything queued has left; later writes are ignored.
  public func finishWriting() {
    guard isWritable else { return }
    isFinishing = true
    sendAtEndOfWakeUp()
  }

  var isWritable: Bool { isUsable && !isFinishing && !isLingering }

  private func didQueue() {
    if outbound.queuedCount > options.highWatermark { isAboveHighMark = true }
    sendAtEndOfWakeUp()
  }

  func sendAtEndOfWakeUp() {
    guard !isSendPending, phase == .open else { return }
    isSendPending = true
    simulatedLoop.sendLater(self)
  }

  /// Gives the kernel what it takes; then the end or the close that waited for it.
  func transmit() {
    isSendPending = false
    guard phase == .open else { return }
    if isResetReceived { return didBreak("EPIPE") }
    let figures = world.figures(for: outbound)
    let room = figures.kernelBufferByteCount - outbound.kernelCount
    let count = min(outbound.queuedCount, room)
    if count > 0 && !outbound.isBroken { send(count, figures) }
    didTransmit()
  }

  func transmitAfterWindow() {
    outbound.isWindowUnderWay = false
    transmit()
  }

  private func didTransmit() {
    advanceEnding()
    guard phase == .open, isAboveHighMark, !isDrainScheduled,
      outbound.queuedCount <= options.lowWatermark
    else { return }
    isDrainScheduled = true
    schedule(.drained, at: world.now)
  }

  func sendEnd() {
    precondition(!isEndSent, "a stream ends once")
    isEndSent = true
    world.send(.end, on: outbound)
  }

  private func send(_ count: Int, _ figures: NetworkFigures) {
    var left = count
    var isCut = false
    if case .seeded(let chance) = figures.fragmentation {
      isCut = world.generator.happens(withChance: chance)
    }
    while left > 0 {
      if world.generator.happens(withChance: figures.resetChance) { return breakConnection() }
      let piece = pieceByteCount(of: left, isCut: isCut, figures)
      outbound.depart(piece)
      world.send(.data(piece), on: outbound)
      left -= piece
    }
  }

  /// One piece in four of a cut write is tiny, the others of any size.
  private func pieceByteCount(of left: Int, isCut: Bool, _ figures: NetworkFigures) -> Int {
    var largest = left
    if figures.fragmentation == .singleBytes {
      largest = 1
    } else if isCut {
      let bound = world.generator.number(below: 4) == 0 ? min(left, 16) : left
      largest = 1 + Int(world.generator.number(below: UInt64(bound)))
    }
    let isPaced = figures.bytesPerSecond != nil
    return isPaced ? min(largest, SimulatedStream.largestPacedPacket) : largest
  }

  /// Something between the two hosts resets both ends.
  private func breakConnection() {
    outbound.cut()
    inbound.cut()
    world.send(.reset, on: outbound)
    world.send(.reset, on: inbound)
  }
}
