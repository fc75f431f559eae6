/// One thing that is going to happen in a simulated world.
enum SimulatedEvent {
  /// The first packet under way on a pipe reaches its end.
  case packet(SimulatedPipe)
  /// A timer is due, if its generation is still this one.
  case timer(SimulatedTimer, generation: UInt32)
  /// Something a stream put off to a later wake-up of its loop.
  case stream(SimulatedStream, SimulatedStream.Step)
  /// A loop has something to do at the end of a wake-up (bytes to send, or its own end).
  case turn(SimulatedLoop)
  /// A waker was used.
  case wake(SimulatedLoop)
  /// A signal arrives.
  case signal(SimulatedLoop, Int32)
  /// A line of the test's own script.
  case script(() -> Void)

  /// The loop that hears of it, where that is known beforehand.
  var loop: SimulatedLoop? {
    switch self {
    case .packet(let pipe): pipe.reader?.simulatedLoop
    case .timer(let timer, _): timer.loop
    case .stream(let stream, _): stream.simulatedLoop
    case .turn(let loop), .wake(let loop), .signal(let loop, _): loop
    case .script: nil
    }
  }
}
