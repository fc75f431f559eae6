internal import EventLoop
internal import Vocabulary
internal import Wire

// How streams and the connection come to an end other than an answer's.
extension HTTP2WorkerConnection {
  /// Fails one leg; the others go on.
  func fail(_ stream: HTTP2WorkerStream, _ failure: LegFailure) {
    let leg = stream.detachLeg()
    letGo(of: stream)
    leg.observer.leg(leg, didFail: failure)
  }

  /// The worker has not looked at a request: it may go on another stream at once, and once.
  func refuse(_ stream: HTTP2WorkerStream) {
    let isRepeat = stream.isRepeat
    let leg = stream.detachLeg()
    letGo(of: stream)
    repeatLeg(leg, mayRepeat: leg.mayRepeat && !isRepeat, else: .refused)
  }

  private func repeatLeg(_ leg: Leg, mayRepeat: Bool, else failure: LegFailure) {
    guard mayRepeat else {
      leg.observer.leg(leg, didFail: failure)
      return
    }
    if !pool.repeatLeg(leg) { leg.observer.leg(leg, didFail: .poolFull) }
  }

  /// Fails one leg whose worker gives no sign of life.
  func giveUp(_ stream: HTTP2WorkerStream) {
    reset(stream, .cancel)
    fail(stream, stream.state == .readingBody ? .brokenWithinAnswer : .brokenBeforeAnswer)
  }

  /// Says that no more streams will come, and closes once that is written; precondition: it is out
  /// of the pool's book, and no stream has a leg.
  func closeGracefully() {
    precondition(liveCount == 0, "a connection with legs is not closed")
    guard state != .closed, let stream else { return close() }
    if state == .open {
      session.goAway(.noError)
      produce()
    }
    close(gently: state == .open ? stream : nil)
  }

  private func close(gently stream: (any ByteStream)? = nil) {
    state = .closed
    if let stream { stream.closeAfterFlush() } else { self.stream?.close() }
    self.stream = nil
  }

  /// The connection is gone, or as good as gone, and each leg hears of it once. Where it may have
  /// been closed before the streams were opened, that is the race of a keep-alive limit, and a
  /// fresh one is tried at once.
  func breakDown(of error: HTTP2Error? = nil) {
    guard state == .open else { return }
    let isStale = pool.mayBeStale(self)
    // Every server begins with SETTINGS (RFC 9113 §3.4); one that begins otherwise, as one of
    // HTTP/1.1 does when it is asked in HTTP/2, has understood nothing.
    let isOtherProtocol = error != nil && !hasSettings
    // What was queued tells the worker why the connection ends.
    if error != nil { produce() }
    for stream in takeAll(gently: error != nil) where stream.leg != nil {
      let failure: LegFailure =
        if isOtherProtocol {
          .notHTTP2
        } else if let error {
          .malformedFrames(error)
        } else {
          stream.state == .readingBody ? .brokenWithinAnswer : .brokenBeforeAnswer
        }
      let isUnseen = stream.id == nil && !isOtherProtocol
      let mayRepeat = !stream.isRepeat && (isUnseen || isStale)
      let leg = stream.detachLeg()
      letGo(of: stream)
      repeatLeg(leg, mayRepeat: mayRepeat && leg.mayRepeat, else: isUnseen ? .refused : failure)
    }
  }

  /// No connection came about.
  func failConnecting(_ error: StreamError) {
    for stream in takeAll(gently: false) where stream.leg != nil {
      let leg = stream.detachLeg()
      letGo(of: stream)
      leg.observer.leg(leg, didFail: .notConnected(error))
    }
  }

  /// Both sides have agreed upon HTTP/1.1: the first leg gets the connection, the others get new
  /// ones.
  func fallBack() {
    guard let stream else { preconditionFailure("a connection that is up has a socket") }
    self.stream = nil
    let streams = takeAll(gently: false)
    var isTaken = false
    for each in streams where each.leg != nil {
      let leg = each.detachLeg()
      letGo(of: each)
      if isTaken {
        if !pool.start(leg) { leg.observer.leg(leg, didFail: .poolFull) }
      } else {
        isTaken = true
        pool.carry(leg, onHTTP1: stream)
      }
    }
    if !isTaken { stream.close() }
  }

  /// Takes the connection out of the book and closes it.
  ///
  /// - Returns: the streams it had, which still have their legs.
  private func takeAll(gently: Bool) -> [HTTP2WorkerStream] {
    pool.forget(self)
    var streams = open.takeAll()
    streams += waiting
    streams += takeUnopened()
    waiting = []
    close(gently: gently ? stream : nil)
    return streams
  }
}
