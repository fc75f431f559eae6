internal import Vocabulary

/// Making time pass. None of these may be called from inside a callback.
extension SimulatedWorld {
  /// Runs the next wake-up; false when nothing waits.
  @discardableResult
  public func step() -> Bool {
    runWakeUp(notAfter: .distantFuture)
  }

  /// Runs until `condition` holds, asked before each wake-up, or until `limit` has passed.
  ///
  /// When nothing is left to happen, or the limit passes, the clock is at the limit or before it.
  ///
  /// - Returns: whether the condition held.
  public func run(within limit: Duration, until condition: () -> Bool) -> Bool {
    let deadline = now + limit
    while !condition() {
      guard runWakeUp(notAfter: deadline) else {
        if firstLiveMoment() != nil { now = deadline }
        return condition()
      }
    }
    return true
  }

  /// Runs all that happens within `duration`, and leaves the clock at its end.
  public func run(for duration: Duration) {
    precondition(duration >= .zero)
    let deadline = now + duration
    while runWakeUp(notAfter: deadline) {}
    now = deadline
  }

  /// Runs until nothing is left to happen, for `limit` of virtual time at most.
  ///
  /// - Returns: whether nothing is left; false where something periodic goes on for ever.
  public func runUntilIdle(limit: Duration) -> Bool {
    let deadline = now + limit
    while runWakeUp(notAfter: deadline) {}
    return firstLiveMoment() == nil
  }

  func runWakeUp(notAfter deadline: Instant) -> Bool {
    precondition(!isInWakeUp, "the world runs already: callbacks must not run it")
    guard let moment = firstLiveMoment(), moment.time <= deadline.nanoseconds else { return false }
    precondition(moment.time >= now.nanoseconds, "time never goes back")
    now = Instant(nanoseconds: moment.time)
    isInWakeUp = true
    runEvents(until: .init(time: moment.time, sequence: latestSequence))
    isInWakeUp = false
    return true
  }

  /// Runs the first event, those that came due with it for the same loop, and the wake-up's end.
  private func runEvents(until last: EventQueue<SimulatedEvent>.Moment) {
    let first = queue.removeFirst()
    awake = first.loop
    execute(first)
    // The moment is at hand; the event itself is a cache miss and is looked at only if it is due.
    while let loop = awake, let next = queue.firstMoment, next <= last,
      let live = firstLiveMoment(), live <= last, let event = queue.first, event.loop === loop
    {
      execute(queue.removeFirst())
    }
    awake?.endWakeUp()
    awake = nil
  }

  /// When the next event comes that means something; drops those before it that do not.
  func firstLiveMoment() -> EventQueue<SimulatedEvent>.Moment? {
    while let event = queue.first {
      if isLive(event) { return queue.firstMoment }
      _ = queue.removeFirst()
      if case .timer(let timer, let generation) = event {
        timer.entryWasDropped(generation: generation)
      }
    }
    return nil
  }

  private func isLive(_ event: SimulatedEvent) -> Bool {
    switch event {
    case .packet, .script: true
    case .timer(let timer, let generation): timer.isDue(generation: generation)
    case .stream(let stream, let step): stream.isLive(step)
    case .turn(let loop), .wake(let loop), .signal(let loop, _): !loop.isDead
    }
  }

  private func execute(_ event: SimulatedEvent) {
    eventCount += 1
    trace.add(UInt64(bitPattern: now.nanoseconds))
    switch event {
    case .packet(let pipe):
      deliver(pipe)
    case .timer(let timer, _):
      record(.timer, loop: timer.loop)
      timer.fire()
    case .stream(let stream, let step):
      record(.stream, stream: stream, step: step)
      stream.perform(step)
    case .turn:
      trace.add(TraceKind.turn.rawValue)
    case .wake(let loop):
      record(.wake, loop: loop)
      loop.didWake()
    case .signal(let loop, let number):
      record(.signal, loop: loop)
      loop.didReceive(signal: number)
    case .script(let body):
      trace.add(TraceKind.script.rawValue)
      body()
    }
  }
}
