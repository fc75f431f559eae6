public import EventLoop
public import Vocabulary

/// A raw byte client that follows a script: sends, waits, reads slowly, hangs up, records
/// everything.
///
/// Knows nothing of HTTP. Makes one connection. Lives on its simulated loop, which keeps it alive
/// as long as its stream is open; hold on to it to read its record. Never retries.
public final class SimulatedClient {
  /// What it has seen so far.
  public private(set) var record: ClientRecord

  private let script: ClientScript
  private let loop: SimulatedLoop
  private var stream: SimulatedStream?
  private var nextStep = 0
  private var unsentPieces: ArraySlice<UInt8> = []
  /// Where the bytes looked for may begin at the earliest.
  private var searchStart = 0
  private var allowance: Int
  private var isHeldByPace = false
  private var isHeldByStep = false
  private var isWaiting = false
  private let stepTimer: any LoopTimer
  private let paceTimer: any LoopTimer
  private let hangUpTimer: any LoopTimer
  private var endingAtTime: ClientScript.Ending?

  /// Begins to connect to `peer`; the script starts once the connection is up.
  public init(on loop: SimulatedLoop, to peer: HostAndPort, _ script: ClientScript) {
    self.loop = loop
    self.script = script
    record = ClientRecord(startedAt: loop.now)
    allowance = script.pace?.byteCount ?? .max
    stepTimer = loop.makeTimer()
    paceTimer = loop.makeTimer()
    hangUpTimer = loop.makeTimer()
    armHangUp()
    let stream = loop.connect(
      to: peer, timeout: script.connectTimeout, options: script.stream, handler: self)
    self.stream = stream as? SimulatedStream
    precondition(self.stream != nil, "a simulated loop makes simulated streams")
  }

  /// Whether its stream is gone.
  public var isClosed: Bool { record.closedAt != nil }

  /// Whether every step was taken, or nothing more can be as the stream is gone.
  public var isDone: Bool { isClosed || nextStep == script.steps.count && !isWaiting }

  /// Hangs up now, whatever the script says.
  public func hangUp(_ ending: ClientScript.Ending) {
    switch ending {
    case .afterFlush: stream?.closeAfterFlush()
    case .close: stream?.close()
    case .reset: stream?.reset()
    }
  }

  /// Takes steps until one has to wait.
  private func proceed() {
    while let stream, stream.isUsable, !isWaiting, nextStep < script.steps.count {
      let step = script.steps[nextStep]
      guard isReady(step) else { return }
      nextStep += 1
      take(step, on: stream)
    }
  }

  private func isReady(_ step: ClientScript.Step) -> Bool {
    switch step {
    case .awaitByteCount(let count): record.bytes.count >= count
    case .awaitBytes(let bytes): find(bytes)
    case .awaitEnd: record.endedAt != nil
    case .send, .sendInPieces, .wait, .finishWriting, .pauseReading, .resumeReading, .hangUp: true
    }
  }

  private func take(_ step: ClientScript.Step, on stream: SimulatedStream) {
    switch step {
    case .send(let bytes): bytes.withUnsafeBytes { stream.write($0) }
    case .sendInPieces(let bytes, let size, let pause):
      precondition(size > 0, "a piece has bytes")
      unsentPieces = bytes[...]
      sendPiece(size: size, pause: pause)
    case .wait(let duration): wait(duration)
    case .finishWriting: stream.finishWriting()
    case .pauseReading: hold(byStep: true)
    case .resumeReading: hold(byStep: false)
    case .hangUp(let ending): hangUp(ending)
    case .awaitByteCount, .awaitBytes, .awaitEnd: break
    }
  }

  private func sendPiece(size: Int, pause: Duration) {
    unsentPieces.prefix(size).withUnsafeBytes { stream?.write($0) }
    unsentPieces = unsentPieces.dropFirst(size)
    if !unsentPieces.isEmpty { wait(pause) }
  }

  private func wait(_ duration: Duration) {
    isWaiting = true
    stepTimer.arm(after: duration, for: self)
  }

  private func waitIsOver() {
    isWaiting = false
    if !unsentPieces.isEmpty,
      case .sendInPieces(_, let size, let pause) = script.steps[nextStep - 1]
    {
      sendPiece(size: size, pause: pause)
    }
    proceed()
  }

  /// Looks for `bytes` behind the last ones found.
  private func find(_ bytes: [UInt8]) -> Bool {
    var start = searchStart
    while start + bytes.count <= record.bytes.count {
      if record.bytes[start..<(start + bytes.count)].elementsEqual(bytes) {
        searchStart = start + bytes.count
        return true
      }
      start += 1
    }
    searchStart = start
    return false
  }

  private func hold(byStep isHeld: Bool) {
    isHeldByStep = isHeld
    applyHolds()
  }

  private func applyHolds() {
    if isHeldByStep || isHeldByPace { stream?.pauseReading() } else { stream?.resumeReading() }
  }

  private func spend(_ byteCount: Int) {
    guard let pace = script.pace else { return }
    allowance -= byteCount
    if !paceTimer.isArmed { paceTimer.arm(after: pace.interval, for: self) }
    isHeldByPace = allowance <= 0
    applyHolds()
  }

  private func refillAllowance() {
    guard let pace = script.pace else { return }
    allowance = min(allowance + pace.byteCount, pace.byteCount)
    isHeldByPace = allowance <= 0
    if isHeldByPace { paceTimer.arm(after: pace.interval, for: self) }
    applyHolds()
  }

  private func armHangUp() {
    var earliest: Duration?
    for case (.elapsed(let duration), let ending) in script.hangUps
    where duration < earliest ?? .seconds(1 << 40) {
      earliest = duration
      endingAtTime = ending
    }
    if let earliest { hangUpTimer.arm(after: earliest, for: self) }
  }

  private func hangUpAfterBytes() {
    for case (.received(let count), let ending) in script.hangUps
    where record.bytes.count >= count {
      return hangUp(ending)
    }
  }
}

extension SimulatedClient: ByteStreamHandler {
  /// Notes the time and takes the first steps.
  public func streamDidConnect(_ stream: any ByteStream) {
    record.connectedAt = loop.now
    proceed()
  }

  /// Records the bytes, then goes on with what waited for them.
  public func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    record.bytes.append(contentsOf: bytes)
    record.arrivals.append(.init(instant: loop.now, byteCount: bytes.count))
    spend(bytes.count)
    hangUpAfterBytes()
    proceed()
  }

  /// Notes the time and goes on with what waited for the end.
  public func streamDidReadEnd(_ stream: any ByteStream) {
    record.endedAt = loop.now
    proceed()
  }

  /// Nothing waits for room: steps write whatever they are told to.
  public func streamDidDrain(_ stream: any ByteStream) {}

  /// Notes the time and the reason, and lets go of everything.
  public func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    record.closedAt = loop.now
    record.closeReason = reason
    for timer in [stepTimer, paceTimer, hangUpTimer] { timer.cancel() }
    self.stream = nil
  }
}

extension SimulatedClient: LoopTimerHandler {
  /// A wait is over, the next interval begins, or it is time to hang up.
  public func timerDidFire(_ timer: any LoopTimer) {
    if timer === stepTimer {
      waitIsOver()
    } else if timer === paceTimer {
      refillAllowance()
    } else if let endingAtTime {
      hangUp(endingAtTime)
    }
  }
}
