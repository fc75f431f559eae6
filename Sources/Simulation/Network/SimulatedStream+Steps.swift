internal import EventLoop
internal import Vocabulary

/// What a stream puts off: its time-outs, and all calls that must not come from inside another.
extension SimulatedStream {
  enum Step {
    case connectTimedOut
    case resolutionFailed
    case read
    case drained
    case closed
    case lingerOver
    /// So many probes of a silent peer went unanswered.
    case keepAlive(unanswered: Int)

    /// A small number for the trace hash.
    var traceCode: UInt64 {
      switch self {
      case .connectTimedOut: 1
      case .resolutionFailed: 2
      case .read: 3
      case .drained: 4
      case .closed: 5
      case .lingerOver: 6
      case .keepAlive(let unanswered): 7 | UInt64(unanswered) << 8
      }
    }
  }

  /// Whether `step` still means something when its time comes.
  func isLive(_ step: Step) -> Bool {
    switch step {
    case .connectTimedOut, .resolutionFailed: phase == .connecting
    case .read, .drained, .keepAlive: phase == .open
    case .lingerOver: isUsable
    case .closed: phase == .closed
    }
  }

  func perform(_ step: Step) {
    precondition(isLive(step), "a step whose time is past is dropped")
    switch step {
    case .connectTimedOut: fail(.connectTimedOut)
    case .resolutionFailed: fail(.resolutionFailed(detail: "EAI_NONAME"))
    case .read:
      isReadScheduled = false
      readAvailable()
    case .drained: tellDrained()
    case .lingerOver: close()
    case .keepAlive(let unanswered): probePeer(unanswered: unanswered)
    case .closed: tellClosed()
    }
  }

  private func tellDrained() {
    isDrainScheduled = false
    guard isWritable, isAboveHighMark, outbound.queuedCount <= options.lowWatermark
    else { return }
    isAboveHighMark = false
    handler?.streamDidDrain(self)
  }

  private func tellClosed() {
    phase = .gone
    simulatedLoop.remove(self)
    let handler = handler
    self.handler = nil
    handler?.streamDidClose(self, reason: closeReason)
  }

  /// Sees to it that a peer that can no longer be reached is noticed in the end.
  func watchPeer() {
    guard phase == .open, !isPeerWatched else { return }
    isPeerWatched = true
    schedule(.keepAlive(unanswered: 0), at: world.now + options.keepAlive)
  }

  private func probePeer(unanswered: Int) {
    let figures = world.figures(for: outbound)
    guard world.isBlocked(outbound) || world.isBlocked(inbound) else {
      isPeerWatched = false
      return world.send(.probe, on: outbound)
    }
    guard unanswered < figures.keepAliveProbeCount else {
      return fail(.connectionBroken(detail: "ETIMEDOUT"))
    }
    schedule(
      .keepAlive(unanswered: unanswered + 1), at: world.now + figures.keepAliveInterval)
  }
}
