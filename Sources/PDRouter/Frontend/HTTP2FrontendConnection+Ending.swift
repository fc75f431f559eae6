internal import EventLoop
internal import Vocabulary
internal import Wire

// Time, and the ways to an end: in good order, for a fault, at once.
extension HTTP2FrontendConnection {
  func closeIfIdle() { leave() }

  func abort() {
    produce()
    stream.flush()
    closeNow()
  }

  func cutShort() {
    guard isSpeaking else { return closeAfterFlush() }
    for (_, stream) in streams.sorted(by: { $0.key < $1.key }) { stream.endNow() }
    produce()
    sayGoodbye(.noError)
  }

  /// Closes the connection whatever it is doing.
  func closeNow() {
    phase = .closed
    loseStreams()
    stream.close()
  }

  /// Sends what was written and closes; streams that are still there lose their clients.
  func closeAfterFlush() {
    phase = .closed
    timer.cancel()
    loseStreams()
    stream.closeAfterFlush()
  }

  /// Sends our end after the last answer, and gives the client the time to take it.
  func linger() {
    precondition(streams.isEmpty, "a connection lingers after its last stream")
    phase = .lingering
    stream.finishWriting()
    leftByteCount = stream.bufferedByteCount
    takenAt = stream.loop.now
    timer.arm(after: frontend.timeouts.linger, for: self)
  }

  /// Closes, unless the client is still taking the last answers: it may go on as long as it takes
  /// something within `answerStall`.
  private func closeUnlessTaking() {
    let left = stream.bufferedByteCount
    if left < leftByteCount {
      leftByteCount = left
      takenAt = stream.loop.now
    }
    guard left > 0, stream.loop.now - takenAt < frontend.timeouts.answerStall else {
      return closeNow()
    }
    timer.arm(after: frontend.timeouts.linger, for: self)
  }

  /// Begins to leave in good order: whatever the client has sent until it hears of that is served.
  func leave() {
    guard phase == .open else { return }
    phase = .leaving
    session.beginGracefulEnd()
    finishesAt = stream.loop.now + frontend.timeouts.linger
    arm(by: finishesAt)
    needsOutput()
  }

  /// The client broke the protocol or wears it out; the session has its GOAWAY ready.
  func end(by fault: HTTP2Error) {
    guard isSpeaking else { return }
    tell(fault.label, fault.message)
    sayGoodbye(fault.code)
  }

  /// The client does not keep up its side.
  private func end(by fault: HTTP2ConnectionEnding) {
    tell(fault.label, fault.message)
    sayGoodbye(.enhanceYourCalm)
  }

  private func tell(_ label: StaticString, _ message: StaticString) {
    frontend.handler.didEndConnection(
      ConnectionFault(label: label, message: message, peer: stream.peerDescription))
  }

  /// Sends GOAWAY and closes; live streams lose their clients.
  private func sayGoodbye(_ code: HTTP2ErrorCode) {
    guard isSpeaking else { return }
    phase = .closed
    loseStreams()
    session.goAway(code)
    var output = ByteBuffer()
    session.produce(into: &output, upTo: .max)
    stream.write(output.bytes)
    closeAfterFlush()
  }
}

// MARK: - Deadlines

extension HTTP2FrontendConnection: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    wakesAt = .distantFuture
    switch phase {
    case .open, .leaving: lookAround(stream.loop.now)
    case .lingering: closeUnlessTaking()
    case .closed: break
    }
  }

  /// Acts on whatever is due.
  private func lookAround(_ now: Instant) {
    if now >= finishesAt {
      finishesAt = .distantFuture
      session.finishGracefulEnd()
      needsOutput()
    }
    if isSocketStalled(now) { return end(by: .stalled) }
    if let headBeganAt, isHeadComing, now - headBeganAt >= frontend.timeouts.requestHead {
      return end(by: .headTimeout)
    }
    if streams.isEmpty {
      if now - idleSince >= frontend.timeouts.clientIdle { leave() }
    } else if isSilent(now) {
      return end(by: .pingTimeout)
    }
    armTimer()
  }

  /// The first stream of a connection that was idle: what to wait for is another thing now.
  func watchLive() {
    arm(by: stream.loop.now + liveInterval)
  }

  /// How often a connection with streams is looked at.
  private var liveInterval: Duration {
    let settings = frontend.http2
    let stall = frontend.stallLook
    guard settings.keepAliveInterval > .zero else { return stall }
    return min(stall, settings.keepAliveInterval, settings.keepAliveTimeout)
  }

  /// Arms the timer for the next moment at which something may be due.
  func armTimer() {
    let now = stream.loop.now
    let isLive = !streams.isEmpty || stream.bufferedByteCount > 0 || phase != .open
    arm(by: isLive ? now + liveInterval : idleSince + frontend.timeouts.clientIdle)
    arm(by: finishesAt)
    if let headBeganAt, isHeadComing { arm(by: headBeganAt + frontend.timeouts.requestHead) }
  }

  /// Sees to it that the timer fires by `moment`; it may fire before.
  func arm(by moment: Instant) {
    guard moment < wakesAt else { return }
    wakesAt = moment
    timer.arm(after: moment - stream.loop.now, for: self)
  }

  /// Whether the client has taken nothing from its socket for `answerStall`.
  private func isSocketStalled(_ now: Instant) -> Bool {
    let left = stream.bufferedByteCount
    let taken = writtenByteCount &- left
    if left == 0 || taken != takenByteCount {
      takenByteCount = taken
      takenAt = now
    }
    return now - takenAt >= frontend.timeouts.answerStall
  }

  /// Whether the client does not even answer a PING; sends one when it has been silent for long.
  private func isSilent(_ now: Instant) -> Bool {
    let settings = frontend.http2
    guard settings.keepAliveInterval > .zero else { return false }
    if let pingedAt { return now - pingedAt >= settings.keepAliveTimeout }
    if now - heardAt >= settings.keepAliveInterval {
      pingedAt = now
      session.ping()
      needsOutput()
    }
    return false
  }

  /// An answer has stalled although it could be taken, and its stream was reset.
  func noteStall() {
    frontend.http2Figures.stalls &+= 1
    stallsInARow += 1
    guard stallsInARow >= frontend.http2.stallsInARow else { return needsOutput() }
    end(by: .stalled)
  }
}
