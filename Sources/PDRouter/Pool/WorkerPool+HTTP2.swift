internal import EventLoop
internal import Vocabulary

// Connections that carry many legs.
extension WorkerPool {
  /// Gives `leg` a stream, on a connection that may still be connecting.
  ///
  /// - Returns: false when all connections are full and there may be no more; the leg hears nothing
  ///   then.
  func startStream(_ leg: Leg, fresh: Bool, isRepeat: Bool = false) -> Bool {
    switch multiplexed.lease(now: now, fresh: fresh) {
    case .open(let connection):
      connection.carry(leg, isRepeat: isRepeat)
    case .connect:
      let connection = HTTP2WorkerConnection(pool: self)
      multiplexed.add(connection)
      connection.attach(to: dial(connection))
      connection.carry(leg, isRepeat: isRepeat)
    case .refused:
      return false
    }
    return true
  }

  /// Starts a leg once more that the worker has not looked at, past connections that may be stale.
  func repeatLeg(_ leg: Leg) -> Bool {
    guard spoken == .http2 else { return start(leg, fresh: true) }
    return startStream(leg, fresh: true, isRepeat: true)
  }

  /// A connection has shown what the worker speaks.
  func noteSpoken(_ agreed: ApplicationProtocol) {
    spoken = agreed
  }

  /// `stream`, made for HTTP/1.1, is up, and both sides have agreed upon HTTP/2: `leg` gets a
  /// stream on it, or on another connection that has come up meanwhile.
  func carry(_ leg: Leg, onHTTP2 stream: any ByteStream) {
    noteSpoken(.http2)
    switch multiplexed.lease(now: now) {
    case .open(let connection):
      stream.close()
      connection.carry(leg, isRepeat: false)
    case .connect:
      let connection = HTTP2WorkerConnection(pool: self)
      multiplexed.add(connection)
      connection.adopt(stream)
      connection.carry(leg, isRepeat: false)
    case .refused:
      stream.close()
      leg.observer.leg(leg, didFail: .poolFull)
    }
  }

  /// Closes what has had no stream for too long, and asks what is silent whether it lives.
  func lookAtStreams() {
    guard multiplexed.count > 0 else { return }
    while let connection = multiplexed.takeExpired(now: now) { connection.closeGracefully() }
    // A copy: what one break sets off may change the list.
    for connection in multiplexed.connections { connection.look() }
  }

  /// The worker finds that it is asked too often whether it lives.
  func pingLess() {
    pingInterval = min(pingInterval * 2, .seconds(600))
  }

  // MARK: - What connections tell

  /// The worker allows so many streams on `connection`.
  func note(limit: Int, of connection: HTTP2WorkerConnection) {
    multiplexed.note(limit: limit, of: connection)
  }

  /// The worker was heard on `connection`.
  func noteHeard(_ connection: HTTP2WorkerConnection) {
    multiplexed.noteHeard(connection)
  }

  /// Whether the worker may have closed `connection` before it got its first stream.
  func mayBeStale(_ connection: HTTP2WorkerConnection) -> Bool {
    multiplexed.mayBeStale(connection)
  }

  /// `connection` takes no more streams; false when it has none left and is to be closed.
  func noteLeaving(_ connection: HTTP2WorkerConnection) -> Bool {
    multiplexed.noteLeaving(connection)
  }

  /// A stream of `connection` is over; false when that is to be closed, as it is after the last
  /// stream to a worker that has left.
  func endStream(on connection: HTTP2WorkerConnection) -> Bool {
    if worker.state == .gone { _ = multiplexed.noteLeaving(connection) }
    return multiplexed.endLease(on: connection, now: now)
  }

  /// `connection` is gone.
  func forget(_ connection: HTTP2WorkerConnection) {
    multiplexed.remove(connection)
  }

  /// A stream without a leg.
  func takeSpareStream() -> HTTP2WorkerStream {
    spareStreams.popLast() ?? HTTP2WorkerStream()
  }

  /// Takes a stream back whose leg is over.
  func giveBack(_ stream: HTTP2WorkerStream) {
    if spareStreams.count < 256 { spareStreams.append(stream) }
  }
}
