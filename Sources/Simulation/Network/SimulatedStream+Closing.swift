internal import EventLoop
internal import Vocabulary

/// The end of a stream, by either side or by force.
extension SimulatedStream {
  /// Sends everything and our end, closes once the peer ended too or after the linger time-out.
  ///
  /// What still arrives is thrown away; the handler hears of nothing but the close.
  public func closeAfterFlush() {
    guard isUsable, !isLingering else { return }
    if phase == .connecting && outbound.queuedCount == 0 { return close() }
    isLingering = true
    isPaused = false
    schedule(.lingerOver, at: world.now + options.lingerTimeout)
    sendAtEndOfWakeUp()
  }

  /// Sends our end once everything has left; closes a lingering stream once the peer ended too.
  func advanceEnding() {
    guard isFinishing || isLingering, outbound.queuedCount == 0 else { return }
    if !isEndSent { sendEnd() }
    guard isLingering else { return }
    discardArrived()
    if isEndReceived { close() }
  }

  /// The connection was reset: the expected end of a stream that had sent its last byte.
  func didBreak(_ name: String) {
    if isLingering && isEndSent {
      leave(.closedHere)
    } else {
      fail(.connectionBroken(detail: name))
    }
  }

  /// Closes now: a clean end for the peer, or a reset when bytes lay unread or unsent.
  public func close() {
    guard isUsable else { return }
    let isLossy = inbound.arrivedCount > 0 || outbound.queuedCount > 0
    end(bySendingReset: isLossy)
  }

  /// Closes now and resets the connection, whatever was queued or read.
  public func reset() {
    guard isUsable else { return }
    end(bySendingReset: true)
  }

  private func end(bySendingReset isReset: Bool) {
    tellPeer(bySendingReset: isReset)
    leave(.closedHere)
  }

  func fail(_ error: StreamError) {
    precondition(isUsable, "a closed stream cannot fail")
    // A connection the peer already accepted must not stay with it as if it were alive.
    if phase == .connecting { tellPeer(bySendingReset: true) }
    leave(.failed(error))
  }

  /// What the peers of a crashed host see of this stream.
  func sayFarewell(_ traceLeft: CrashTrace) {
    guard isUsable else { return }
    switch traceLeft {
    case .silence: break
    case .resets: tellPeer(bySendingReset: true)
    case .ends: tellPeer(bySendingReset: inbound.arrivedCount > 0)
    }
  }

  /// Forgets handler and connection without a word: the loop is dead, the world may be too.
  func abandon() {
    let handler = self.handler
    self.handler = nil
    if isUsable { detach() }
    phase = .gone
    // The handler may go away here and now: everything above is settled by then.
    withExtendedLifetime(handler) {}
  }

  private func tellPeer(bySendingReset isReset: Bool) {
    if phase == .connecting {
      if outbound.reader != nil { world.send(.reset, on: outbound) }
    } else if isReset {
      world.send(.reset, on: outbound)
    } else if !isEndSent {
      sendEnd()
    }
  }

  private func leave(_ reason: StreamCloseReason) {
    detach()
    phase = .closed
    closeReason = reason
    schedule(.closed, at: world.now)
  }

  private func detach() {
    outbound.discardQueued()
    inbound.discardArrived()
    outbound.writer = nil
    inbound.reader = nil
    if outbound.reader == nil {
      outbound.reverse = nil
      inbound.reverse = nil
    }
  }
}
