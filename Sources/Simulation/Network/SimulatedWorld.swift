public import Vocabulary

/// One virtual world: its clock, its hosts, the network between them, and the order of all events.
///
/// Owns hosts, loops and everything that waits; must outlive what it made. Lives in one thread,
/// draws every choice from its seed, and never looks at a real clock, socket or thread: the same
/// seed and the same program give the same events, which `traceHash` proves. Time stands still
/// during a wake-up and jumps to the next event between two. A wake-up is one event, with those of
/// the same instant and loop that were due with it; what it wrote leaves at its end. A million
/// events take about a second in a release build. Cancelled time-outs neither move the clock nor
/// keep it going.
public final class SimulatedWorld {
  /// What every choice follows from.
  public let seed: UInt64

  /// Virtual time; at first a thousand seconds after the clock's zero.
  public internal(set) var now = Instant(nanoseconds: 1_000_000_000_000)

  /// How paths behave for which nothing else was set; may be changed while the world runs.
  public var conditions: NetworkConditions {
    didSet { figures = NetworkFigures(conditions) }
  }

  /// Hears every event as a line of text; for the trace of a seed that failed. Slow.
  public var traceLine: ((String) -> Void)?

  /// Looks for names in what is written, and hears when they were read; for checks after the fact.
  weak var witness: (any NetworkWitness)?

  /// How many events have happened.
  public internal(set) var eventCount = 0

  var figures: NetworkFigures
  var pathFigures: [HostPath: NetworkFigures] = [:]
  var generator: SplitMix64
  var trace: TraceHash
  var queue = EventQueue<SimulatedEvent>()
  var hosts: [SimulatedHost] = []
  /// The loop whose wake-up this is.
  var awake: SimulatedLoop?
  var isInWakeUp = false
  var blockedPaths: Set<HostPath> = []
  /// Pipes with packets that wait for a path to heal, in the order in which they began to wait.
  var heldPipes: [SimulatedPipe] = []
  private var nextSequence: UInt64 = 0
  private var hostsByName: [String: SimulatedHost] = [:]
  private var streamCount: UInt64 = 0

  /// An empty world.
  public init(seed: UInt64, conditions: NetworkConditions = NetworkConditions()) {
    self.seed = seed
    self.conditions = conditions
    figures = NetworkFigures(conditions)
    generator = SplitMix64(seed: seed)
    trace = TraceHash(seed: seed)
  }

  deinit {
    // Handlers and what they own hold each other; the world's end is the last chance to part them.
    queue.forEach { if case .timer(let timer, _) = $0 { timer.abandon() } }
    for host in hosts { host.abandonLoops() }
  }

  /// A digest of all that has happened so far; equal for equal runs.
  public var traceHash: UInt64 { trace.value }

  /// A new host, known to all others by `name` (a DNS name or an IP literal), with one loop.
  public func makeHost(_ name: String) -> SimulatedHost {
    precondition(hostsByName[name] == nil, "a host called \(name) exists")
    precondition(!SimulatedHost.isOwnName(name), "\(name) means every host itself")
    let host = SimulatedHost(name: name, number: hosts.count, world: self)
    hosts.append(host)
    hostsByName[name] = host
    _ = host.makeLoop()
    return host
  }

  /// The host of that name.
  public func host(named name: String) -> SimulatedHost? {
    hostsByName[name]
  }

  /// A generator of its own for a part of the program, decided by the seed.
  public func makeGenerator() -> SplitMix64 {
    SplitMix64(seed: generator.next())
  }

  /// Sets how the two paths between a pair of hosts behave, whatever `conditions` says.
  public func setConditions(
    _ conditions: NetworkConditions, between one: SimulatedHost, and other: SimulatedHost
  ) {
    let figures = NetworkFigures(conditions)
    pathFigures[HostPath(from: one, to: other)] = figures
    pathFigures[HostPath(from: other, to: one)] = figures
  }

  /// Calls `body` once, after `delay`, outside of any loop: a line of a test's script.
  public func schedule(after delay: Duration, _ body: @escaping () -> Void) {
    schedule(.script(body), at: now + delay)
  }

  /// Adds a line of the program's own to the trace and its hash.
  public func note(_ text: String) {
    var text = text
    text.withUTF8 { trace.add(UnsafeRawBufferPointer($0)) }
    traceLine?(line(text))
  }

  func schedule(_ event: SimulatedEvent, at instant: Instant) {
    nextSequence += 1
    let time = max(instant.nanoseconds, now.nanoseconds)
    queue.push(event, at: .init(time: time, sequence: nextSequence))
  }

  /// Events scheduled from here on have a higher sequence than this.
  var latestSequence: UInt64 { nextSequence }

  func makeStreamNumber() -> UInt64 {
    streamCount += 1
    return streamCount
  }
}
