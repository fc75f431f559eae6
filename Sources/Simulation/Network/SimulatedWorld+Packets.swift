internal import EventLoop
internal import Vocabulary

/// The network: packets leave, take their time, and arrive in order or wait for a path to heal.
extension SimulatedWorld {
  func figures(for pipe: SimulatedPipe) -> NetworkFigures {
    if pathFigures.isEmpty { return figures }
    return pathFigures[HostPath(from: pipe.source, to: pipe.target)] ?? figures
  }

  /// Sends `packet` along `pipe`: it arrives after one latency and after all sent before it.
  func send(_ packet: Packet, on pipe: SimulatedPipe) {
    let figures = figures(for: pipe)
    var departure = now.nanoseconds
    if case .data(let count) = packet, let rate = figures.bytesPerSecond {
      let sending = (Int64(count) * 1_000_000_000 + rate - 1) / rate
      departure = max(departure, pipe.linkFreeAt) + sending
      pipe.linkFreeAt = departure
    }
    let range = packet == .open || packet == .accepted ? figures.connectLatency : figures.latency
    let arrival = max(departure + generator.number(in: range), pipe.lastArrival)
    pipe.lastArrival = arrival
    pipe.packets.append(packet)
    schedule(.packet(pipe), at: Instant(nanoseconds: arrival))
  }

  /// The oldest packet of `pipe` reaches its end, unless the path is blocked.
  func deliver(_ pipe: SimulatedPipe) {
    if isBlocked(pipe) {
      trace.add(TraceKind.held.rawValue)
      if pipe.heldCount == 0 { heldPipes.append(pipe) }
      pipe.heldCount += 1
      return
    }
    let packet = pipe.packets.removeFirst()
    record(.packet, packet, on: pipe)
    if packet == .open { return open(pipe) }
    guard let reader = pipe.reader else { return deliverToNobody(packet, on: pipe) }
    switch packet {
    case .open: break
    case .accepted: reader.didConnect()
    case .refused: reader.fail(.connectFailed(detail: "ECONNREFUSED"))
    case .data(let count): reader.didReceive(count)
    case .window: reader.transmitAfterWindow()
    case .end: reader.didReceiveEnd()
    case .reset: reader.didReceiveReset()
    case .probe: break
    }
  }

  /// A kernel that knows no such connection (closed, or of a host that crashed) answers with a
  /// reset.
  private func deliverToNobody(_ packet: Packet, on pipe: SimulatedPipe) {
    switch packet {
    case .data(let count):
      pipe.arrive(count)
      pipe.discardArrived()
    case .probe: break
    case .open, .accepted, .refused, .window, .end, .reset: return
    }
    guard !pipe.isResetAnswered, pipe.writer != nil, let reverse = pipe.reverse else { return }
    pipe.isResetAnswered = true
    send(.reset, on: reverse)
  }

  /// A connection attempt reaches its host: accepted there by a listener, or refused.
  private func open(_ pipe: SimulatedPipe) {
    // A client that gave up in the meantime answers the handshake with a reset: nobody accepts.
    guard let client = pipe.writer, let reverse = pipe.reverse else { return }
    let isLocal = pipe.source === pipe.target
    let listener = pipe.target.listener(
      on: client.peer.port, fromItself: isLocal, generator: &generator)
    guard let listener, !generator.happens(withChance: figures(for: pipe).refusalChance) else {
      return send(.refused, on: reverse)
    }
    let server = SimulatedStream(accepting: client, on: listener)
    pipe.reader = server
    reverse.writer = server
    send(.accepted, on: reverse)
    if isBlocked(reverse) { server.watchPeer() }
    awake = listener.loop
    listener.handler?.listener(listener, didAccept: server)
  }
}
