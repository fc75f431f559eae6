internal import CLibUV
internal import Glibc
public import Vocabulary

/// A `Loop` over libuv: sockets, real time, one thread.
///
/// Made on the thread that will run it and confined to it; only `waker` may leave. Owns one 64 KiB
/// read buffer, the write buffers, one timer wheel and its own name cache: loops share nothing. In
/// a steady state it allocates nothing per read, write or timer. Runs once: after `stop`, `run`
/// closes every stream, listener and timer, lets each stream's handler hear `streamDidClose`, and
/// returns; from then on connecting gives streams that are closed from the start (those made while
/// it ends close at once), listening throws, arming does nothing.
///
/// A wake-up goes: what the poll brings, closed handles, timers, end; the end is those who asked
/// for it, then a flush. Name look-ups still at the resolver when the loop ends are abandoned, with
/// the few kilobytes they hold.
public final class LibUVLoop: Loop {
  /// Who hears wakers and signals; let go when `run` returns.
  public var handler: (any LoopHandler)?

  /// What it has done so far.
  public internal(set) var counters = LoopCounters()

  enum Phase {
    case ready, running, tearingDown, ended
  }

  /// As much as one `read` takes; a kernel's socket buffer seldom holds more.
  static let readBufferSize = 64 * 1024
  /// Turns in which streams made while the loop ends still get a `streamDidClose`.
  static let lastRounds = 100
  /// Runs of bytes offered by one `writev`.
  static let vectorCapacity = 64

  let uv: UnsafeMutablePointer<uv_loop_t>
  let readBuffer: UnsafeMutablePointer<CChar>
  let vector: UnsafeMutablePointer<uv_buf_t>
  var buffers = BufferPool()
  private(set) var phase = Phase.ready
  private let thread = pthread_self()

  private let prepareHandle = UVHandle<uv_prepare_t>()
  private let idleHandle = UVHandle<uv_idle_t>()
  private let asyncHandle = UVHandle<uv_async_t>()
  private let timerHandle = UVHandle<uv_timer_t>()
  private let wakerOfLoop: LibUVWaker
  private var signals: [Int32: UVHandle<uv_signal_t>] = [:]

  private var time: Instant
  private var timeIsFresh = true
  private var wheel: TimerWheel
  /// All timers by their place in the wheel; those that are armed hold themselves.
  private var timers: [TimerPlace] = []

  /// The timer at a place, if one is: it leaves before it is gone.
  private struct TimerPlace {
    unowned(unsafe) var timer: LibUVTimer?
  }

  /// The tick the libuv timer will come at; `.max` when it is not started.
  private var startedForTick = UInt64.max
  private var isIdling = false

  /// Streams with bytes to offer or events to tell at the end of the wake-up, in order: a chain
  /// through `nextTouched`, which costs less than an array of them.
  private var firstTouched: LibUVStream?
  /// One of that chain, which holds it.
  private unowned(unsafe) var lastTouched: LibUVStream?
  private var atWakeUpEnd = WakeUpEnd()
  let resolver = LibUVResolver()

  /// A loop of the calling thread.
  ///
  /// Ignores SIGPIPE for the whole process: a broken connection is an error, not the end. Traps
  /// when the system has no descriptors left for a loop.
  public init() {
    signal(SIGPIPE, SIG_IGN)
    uv = .allocate(capacity: 1)
    var status = uv_loop_init(uv)
    precondition(status == 0, "no event loop: \(UVError.name(status))")
    readBuffer = .allocate(capacity: LibUVLoop.readBufferSize)
    vector = .allocate(capacity: LibUVLoop.vectorCapacity)
    time = Instant(nanoseconds: Int64(clamping: uv_hrtime()))
    wheel = TimerWheel(now: time)
    status = uv_async_init(uv, asyncHandle.pointer) { handle in
      UVLink.owner(handle!.pointee.data, as: LibUVLoop.self) { $0.didWake() }
    }
    precondition(status == 0, "no event descriptor: \(UVError.name(status))")
    wakerOfLoop = LibUVWaker(async: asyncHandle.pointer)
    asyncHandle.borrow(self)
    uv_idle_init(uv, idleHandle.pointer)
    uv_timer_init(uv, timerHandle.pointer)
    timerHandle.borrow(self)
    startPhases()
  }

  deinit {
    if phase != .ended { tearDown() }
    readBuffer.deallocate()
    vector.deallocate()
  }

  /// The monotonic time of this wake-up: the clock is read at the first question.
  public var now: Instant {
    if !timeIsFresh { readClock() }
    return time
  }

  /// Reads libuv's clock, without libuv's way to it.
  @inline(never)
  private func readClock() {
    var reading = timespec()
    clock_gettime(CLOCK_MONOTONIC, &reading)
    time = Instant(nanoseconds: Int64(reading.tv_sec) &* 1_000_000_000 &+ Int64(reading.tv_nsec))
    timeIsFresh = true
  }

  /// The handle by which other threads wake this loop, also after it ended (nothing happens then).
  public var waker: any LoopWaker { wakerOfLoop }

  /// Runs until `stop`, closes everything, and returns; once in a loop's life.
  public func run() {
    precondition(phase == .ready, "a loop runs once")
    checkThread()
    phase = .running
    timeIsFresh = false
    let status = uv_run(uv, UV_RUN_DEFAULT)
    precondition(status >= 0, "the event loop failed: \(UVError.name(status))")
    endWakeUp()
    tearDown()
    handler = nil
  }

  /// Ends `run` at the end of this wake-up; the next one of a loop not yet running is its last.
  public func stop() {
    uv_stop(uv)
  }

  /// Makes a signal arrive at `handler`; its default action is off until the loop ends.
  public func watchSignal(_ number: Int32) {
    guard isUsable, signals[number] == nil else { return }
    let signal = UVHandle<uv_signal_t>()
    var status = uv_signal_init(uv, signal.pointer)
    precondition(status == 0, "no signal handle: \(UVError.name(status))")
    signal.borrow(self)
    signals[number] = signal
    status = uv_signal_start(
      signal.pointer,
      { handle, number in
        UVLink.owner(handle!.pointee.data, as: LibUVLoop.self) { loop in
          loop.handler?.loop(loop, didReceiveSignal: number)
        }
      }, number)
    precondition(status == 0, "signal \(number) cannot be watched: \(UVError.name(status))")
  }

  /// Whether new handles may be made.
  var isUsable: Bool { phase == .ready || phase == .running }

  /// Everything of a loop belongs to its thread.
  func checkThread() {
    precondition(pthread_equal(thread, pthread_self()) != 0, "used from another thread")
  }
}

// MARK: - Sockets

extension LibUVLoop {
  /// Opens a listening socket; a name such as `localhost` is looked up here, in this call.
  ///
  /// - Throws: `.bindFailed` with the name of the error; `ECANCELED` after the loop's end.
  public func listen(
    on address: HostAndPort, options: ListenerOptions, handler: any ListenerHandler
  ) throws(StreamError) -> any Listener {
    checkThread()
    guard isUsable else { throw .bindFailed(detail: "ECANCELED") }
    return try LibUVListener(on: address, loop: self, options: options, handler: handler)
  }

  /// Starts a connection; an IP literal is called in this turn.
  public func connect(
    to peer: HostAndPort, timeout: Duration, options: StreamOptions,
    handler: any ByteStreamHandler
  ) -> any ByteStream {
    checkThread()
    let stream = LibUVStream(loop: self, connectingTo: peer, options)
    switch phase {
    case .ready, .running:
      stream.begin(handler)
      stream.startConnecting(to: peer, timeout: timeout)
    case .tearingDown:
      stream.begin(handler)
      stream.close()
    case .ended:
      stream.abandon()
    }
    return stream
  }
}

// MARK: - Phases of a wake-up

extension LibUVLoop {
  private func startPhases() {
    uv_prepare_init(uv, prepareHandle.pointer)
    prepareHandle.borrow(self)
    uv_prepare_start(prepareHandle.pointer) { handle in
      UVLink.owner(handle!.pointee.data, as: LibUVLoop.self) { $0.willPoll() }
    }
  }

  /// The end of a wake-up and the last step before sleeping: nothing may be left that a sleep would
  /// delay. There is one, not a second right after the poll: each costs all wake-ups its steps.
  private func willPoll() {
    if !atWakeUpEnd.isEmpty || firstTouched != nil { endWakeUp() }
    let isUnsettled = firstTouched != nil || !atWakeUpEnd.isEmpty
    if isUnsettled != isIdling {
      // An active idle handle makes libuv poll without waiting: drained writers wrote again.
      isIdling = isUnsettled
      if isIdling {
        uv_idle_start(idleHandle.pointer) { _ in }
      } else {
        uv_idle_stop(idleHandle.pointer)
      }
    }
    if wheel.hasMoved { startTimer() }
    timeIsFresh = false
  }

  /// Puts a stream, which is not on it, on the list of those settled at the end of this wake-up.
  func touch(_ stream: LibUVStream) {
    if let last = lastTouched {
      last.nextTouched = stream
    } else {
      firstTouched = stream
    }
    lastTouched = stream
  }

  /// Calls `handler` at the end of this wake-up.
  public func callAtWakeUpEnd(_ handler: any WakeUpEndHandler) {
    guard phase != .ended else { return }
    atWakeUpEnd.append(handler)
  }

  private func endWakeUp() {
    while !atWakeUpEnd.isEmpty {
      let called = atWakeUpEnd.takeWaiting()
      for handler in called { handler.wakeUpWillEnd(self) }
      atWakeUpEnd.callWasMade(called)
    }
    settleTouched()
  }

  /// Lets each touched stream offer its bytes and tell its news; once round, what comes up anew
  /// waits for the next round.
  private func settleTouched() {
    var next = firstTouched.take()
    lastTouched = nil
    while let stream = next {
      next = stream.nextTouched.take()
      stream.settle()
    }
  }

  private func didWake() {
    wakerOfLoop.acknowledge()
    handler?.loopDidWake(self)
  }
}

// MARK: - Timers

extension LibUVLoop {
  /// A place in the loop's wheel, not yet armed.
  public func makeTimer() -> any LoopTimer {
    let id = wheel.add()
    let timer = LibUVTimer(loop: self, id: id)
    if id.index == timers.count { timers.append(TimerPlace()) }
    timers[id.index].timer = timer
    return timer
  }

  /// Lets `timer` come up at `moment`, and not where its place was.
  func place(_ timer: LibUVTimer, at moment: Instant) {
    wheel.arm(timer.id, at: moment)
  }

  /// Whether a timer of that deadline, whose place has come up, is to fire.
  func isDue(_ deadline: Instant) -> Bool { wheel.hasReached(deadline) }

  func removeTimer(_ id: TimerWheel.TimerID) {
    timers[id.index].timer = nil
    wheel.remove(id)
  }

  /// Lets libuv's timer come when the wheel is to be looked at next, if it would come later.
  private func startTimer() {
    wheel.hasMoved = false
    guard let tick = wheel.nextTick, tick < startedForTick else { return }
    startedForTick = tick
    // A tick is a whole number of libuv's milliseconds, on the same clock.
    let (due, overflow) = tick.multipliedReportingOverflow(
      by: UInt64(TimerWheel.tickNanoseconds / 1_000_000))
    let now = uv_now(uv)
    let wait = overflow ? UInt64(Int64.max) : due > now ? due - now : 0
    let status = uv_timer_start(
      timerHandle.pointer,
      { handle in
        UVLink.owner(handle!.pointee.data, as: LibUVLoop.self) { $0.fireTimers() }
      }, wait, 0)
    precondition(status == 0)
  }

  private func fireTimers() {
    startedForTick = .max
    wheel.hasMoved = true
    timeIsFresh = false
    wheel.advance(to: now)
    while let id = wheel.popDue() {
      timers[id.index].timer?.didComeUp()
    }
  }
}

// MARK: - The end

extension LibUVLoop {
  /// Closes whatever is open, lets every stream tell its end, and gives the memory back.
  private func tearDown() {
    phase = .tearingDown
    wakerOfLoop.detach()
    // What a timer let go of may take others with it.
    for place in timers.indices { timers[place].timer?.cancel() }
    resolver.abandon()
    uv_walk(uv, { handle, _ in LibUVLoop.closeAtTeardown(handle!) }, nil)
    prepareHandle.closeBorrowed()
    idleHandle.closeBorrowed()
    asyncHandle.closeBorrowed()
    timerHandle.closeBorrowed()
    for signal in signals.values { signal.closeBorrowed() }
    signals = [:]
    // Handlers that connect again when a stream ends hear of that end too, but not for ever.
    var rounds = 0
    while uv_run(uv, UV_RUN_NOWAIT) != 0, !hasOnlyLookUps {
      rounds += 1
      if rounds == LibUVLoop.lastRounds { phase = .ended }
    }
    endWakeUp()
    phase = .ended
    // A look-up in the resolver's hands would write to freed memory: then the loop's stays.
    guard uv_loop_close(uv) == 0 else { return }
    uv.deallocate()
  }

  private static func closeAtTeardown(_ handle: UnsafeMutablePointer<uv_handle_t>) {
    guard uv_is_closing(handle) == 0 else { return }
    switch uv_handle_get_type(handle) {
    case UV_TCP: UVLink.owner(handle.pointee.data, as: LibUVStream.self) { $0.close() }
    case UV_POLL: UVLink.owner(handle.pointee.data, as: LibUVListener.self) { $0.close() }
    default: break
    }
  }

  /// Whether every handle is closed and only look-ups keep libuv's loop alive.
  private var hasOnlyLookUps: Bool {
    var open = false
    withUnsafeMutablePointer(to: &open) {
      uv_walk(uv, { $1!.storeBytes(of: true, as: Bool.self) }, $0)
    }
    return !open
  }
}
