internal import Vocabulary

/// Paths that carry nothing for a while.
extension SimulatedWorld {
  /// Lets no packet pass between two hosts, or, one-way, from the first to the second.
  ///
  /// What is under way or sent meanwhile waits, as TCP would send it again, until `heal`. New
  /// connections time out; silent ones break when keep-alive gives up (`NetworkConditions`).
  public func partition(_ one: SimulatedHost, _ other: SimulatedHost, oneWay: Bool = false) {
    precondition(one !== other, "a host always reaches itself")
    blockedPaths.insert(HostPath(from: one, to: other))
    if !oneWay { blockedPaths.insert(HostPath(from: other, to: one)) }
    forEachStream { stream in
      let (near, far) = (stream.outbound.source, stream.outbound.target)
      let isBetween = near === one && far === other || near === other && far === one
      if isBetween { stream.watchPeer() }
    }
  }

  /// Lets packets pass again both ways; those that waited arrive after a seeded delay, in order.
  public func heal(_ one: SimulatedHost, _ other: SimulatedHost) {
    blockedPaths.remove(HostPath(from: one, to: other))
    blockedPaths.remove(HostPath(from: other, to: one))
    releaseHeldPackets()
  }

  /// Heals every partition.
  public func healAll() {
    blockedPaths.removeAll()
    releaseHeldPackets()
  }

  func isBlocked(_ pipe: SimulatedPipe) -> Bool {
    if pipe.target.isVanished { return true }
    if blockedPaths.isEmpty { return false }
    return blockedPaths.contains(HostPath(from: pipe.source, to: pipe.target))
  }

  func releaseHeldPackets() {
    var waiting: [SimulatedPipe] = []
    for pipe in heldPipes {
      guard !isBlocked(pipe) else {
        waiting.append(pipe)
        continue
      }
      let figures = figures(for: pipe)
      let delay =
        generator.number(in: figures.latency)
        + generator.number(in: 0...figures.retransmissionDelay)
      pipe.lastArrival = max(pipe.lastArrival, now.nanoseconds + delay)
      for _ in 0..<pipe.heldCount {
        schedule(.packet(pipe), at: Instant(nanoseconds: pipe.lastArrival))
      }
      pipe.heldCount = 0
    }
    heldPipes = waiting
  }

  func forEachStream(_ body: (SimulatedStream) -> Void) {
    for host in hosts {
      for loop in host.loops {
        loop.streams.forEach(body)
      }
    }
  }
}

extension SimulatedHost {
  /// Whether some path from or to it carries nothing.
  var isCutOff: Bool {
    !world.blockedPaths.isEmpty && world.blockedPaths.contains { $0.touches(self) }
  }
}
