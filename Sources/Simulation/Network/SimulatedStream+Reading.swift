internal import EventLoop
internal import Vocabulary

/// From the network to the handler.
extension SimulatedStream {
  /// Stops delivering bytes; the peer may send what fits into the kernels.
  public func pauseReading() {
    if !isLingering { isPaused = true }
  }

  /// Delivers what arrived meanwhile, from a later wake-up at the same instant.
  public func resumeReading() {
    guard isPaused else { return }
    isPaused = false
    guard phase == .open, !isReadScheduled else { return }
    let hasNews =
      inbound.arrivedCount > 0 || isResetReceived || isEndReceived && !isEndDelivered
    if hasNews { scheduleRead(at: world.now) }
  }

  func didReceive(_ count: Int) {
    inbound.arrive(count)
    guard !isPaused, !isReadScheduled else { return }
    let figures = world.figures(for: inbound)
    if world.generator.happens(withChance: figures.lateReadChance) {
      let delay = world.generator.number(in: figures.latency)
      scheduleRead(at: world.now + .nanoseconds(delay))
    } else {
      readAvailable()
    }
  }

  func didReceiveEnd() {
    isEndReceived = true
    if !isReadScheduled { readAvailable() }
  }

  /// As with a socket that is not polled, a paused stream that has nothing to write learns of a
  /// reset only when it reads or writes again.
  func didReceiveReset() {
    guard phase == .open else { return fail(.connectFailed(detail: "ECONNRESET")) }
    isResetReceived = true
    if isPaused {
      if outbound.queuedCount > 0 { didBreak("ECONNRESET") }
    } else if !isReadScheduled {
      readAvailable()
    }
  }

  /// Delivers what arrived, then, when all was read, the reset or the end.
  func readAvailable() {
    if isLingering { discardArrived() }
    while phase == .open, !isPaused, inbound.arrivedCount > 0 {
      simulatedLoop.read(inbound, to: handler?.streamRoom(self)) { bytes in
        announceRoom()
        world.record(read: bytes, by: self)
        handler?.stream(self, didRead: bytes)
      }
    }
    guard phase == .open, !isPaused else { return }
    if isResetReceived {
      didBreak("ECONNRESET")
    } else if isLingering {
      advanceEnding()
    } else if isEndReceived && !isEndDelivered {
      isEndDelivered = true
      handler?.streamDidReadEnd(self)
    }
  }

  /// Throws away what nobody reads any more, so that closing does not reset the connection.
  func discardArrived() {
    guard inbound.arrivedCount > 0 else { return }
    inbound.discardArrived()
    announceRoom()
  }

  /// Tells a writer with bytes left over that there is room again.
  private func announceRoom() {
    guard inbound.queuedCount > 0, !inbound.isWindowUnderWay, inbound.writer != nil else { return }
    inbound.isWindowUnderWay = true
    world.send(.window, on: outbound)
  }

  private func scheduleRead(at instant: Instant) {
    isReadScheduled = true
    schedule(.read, at: instant)
  }
}
