import EventLoop
import Testing
import Vocabulary

@Suite struct TimerWheelTests {
  static let start = Instant(nanoseconds: 1_234_567_891_011)

  static func drain(_ wheel: inout TimerWheel, to now: Instant) -> [TimerWheel.TimerID] {
    wheel.advance(to: now)
    var due: [TimerWheel.TimerID] = []
    while let id = wheel.popDue() { due.append(id) }
    return due
  }

  @Test(arguments: [0, 1, 4, 5, 6, 319, 320, 321, 20_480, 1_400_000, 90_000_000, 5_000_000_000])
  func `a timer fires at its deadline or within one tick after it`(milliseconds: Int64) {
    var wheel = TimerWheel(now: Self.start)
    let timer = wheel.add()
    let deadline = Self.start + .milliseconds(milliseconds)
    wheel.arm(timer, at: deadline)
    var now = Self.start
    var steps = 0
    while let next = wheel.nextAdvance {
      steps += 1
      #expect(next > now)
      now = next
      let due = Self.drain(&wheel, to: now)
      if due.isEmpty { continue }
      #expect(due == [timer])
      #expect(now >= deadline)
      #expect(now - deadline <= TimerWheel.resolution)
    }
    let isArmed = wheel.isArmed(timer)
    #expect(!isArmed)
    #expect(steps <= 7, "a timer moves down one level at a time")
  }

  @Test func `a deadline at the end of time is held and never comes`() {
    var wheel = TimerWheel(now: Self.start)
    let timer = wheel.add()
    wheel.arm(timer, at: .distantFuture)
    #expect(Self.drain(&wheel, to: Self.start + .seconds(86_400 * 365)).isEmpty)
    let isArmed = wheel.isArmed(timer)
    #expect(isArmed)
    #expect(wheel.nextAdvance != nil)
  }

  @Test func `a deadline in the past is due at the next tick and not before`() {
    var wheel = TimerWheel(now: Self.start)
    let timer = wheel.add()
    wheel.arm(timer, at: .zero)
    #expect(Self.drain(&wheel, to: Self.start).isEmpty)
    #expect(Self.drain(&wheel, to: Self.start + TimerWheel.resolution) == [timer])
  }

  @Test func `timers of different ticks come out in order of their deadlines`() {
    var wheel = TimerWheel(now: Self.start)
    let delays: [Int64] = [700, 10, 330, 20, 100_000, 640, 50]
    let timers = delays.map { (wheel.add(), $0) }
    for (timer, delay) in timers { wheel.arm(timer, at: Self.start + .milliseconds(delay)) }
    let due = Self.drain(&wheel, to: Self.start + .seconds(200))
    #expect(due == timers.sorted { $0.1 < $1.1 }.map(\.0))
  }

  @Test func `a cancelled timer does not fire, also when it was due already`() {
    var wheel = TimerWheel(now: Self.start)
    let (first, second) = (wheel.add(), wheel.add())
    wheel.arm(first, at: Self.start + .milliseconds(10))
    wheel.arm(second, at: Self.start + .milliseconds(20))
    wheel.cancel(first)
    let isArmed = wheel.isArmed(first)
    #expect(!isArmed)
    wheel.advance(to: Self.start + .seconds(1))
    wheel.cancel(second)
    #expect(wheel.popDue() == nil)
    #expect(wheel.nextAdvance == nil)
  }

  @Test func `a timer re-armed later fires once, at the later deadline`() {
    var wheel = TimerWheel(now: Self.start)
    let timer = wheel.add()
    wheel.arm(timer, at: Self.start + .milliseconds(50))
    wheel.arm(timer, at: Self.start + .milliseconds(400))
    #expect(Self.drain(&wheel, to: Self.start + .milliseconds(399)).isEmpty)
    #expect(Self.drain(&wheel, to: Self.start + .milliseconds(405)) == [timer])
    #expect(Self.drain(&wheel, to: Self.start + .seconds(9)).isEmpty)
  }

  @Test func `a timer re-armed earlier fires at the earlier deadline`() {
    var wheel = TimerWheel(now: Self.start)
    let timer = wheel.add()
    wheel.arm(timer, at: Self.start + .seconds(60))
    wheel.arm(timer, at: Self.start + .milliseconds(15))
    #expect(Self.drain(&wheel, to: Self.start + .milliseconds(20)) == [timer])
    #expect(Self.drain(&wheel, to: Self.start + .seconds(90)).isEmpty)
  }

  @Test func `a due timer that is re-armed before it is popped waits again`() {
    var wheel = TimerWheel(now: Self.start)
    let timer = wheel.add()
    wheel.arm(timer, at: Self.start + .milliseconds(5))
    wheel.advance(to: Self.start + .milliseconds(100))
    wheel.arm(timer, at: Self.start + .milliseconds(200))
    #expect(wheel.popDue() == nil)
    #expect(Self.drain(&wheel, to: Self.start + .milliseconds(205)) == [timer])
  }

  @Test func `a removed timer's place is used again and starts unarmed`() {
    var wheel = TimerWheel(now: Self.start)
    let timer = wheel.add()
    wheel.arm(timer, at: Self.start + .milliseconds(5))
    wheel.remove(timer)
    let next = wheel.add()
    #expect(next == timer)
    let isArmed = wheel.isArmed(next)
    #expect(!isArmed)
    #expect(Self.drain(&wheel, to: Self.start + .seconds(1)).isEmpty)
  }

  @Test(arguments: UInt64(1)...12)
  func `random operations agree with a sorted list`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var model = TimerWheelModel()
    var wheel = TimerWheel(now: Self.start)
    var now = Self.start
    let timers = (0..<100).map { _ in wheel.add() }
    let spans: [Int64] = [20, 400, 30_000, 2_000_000, 200_000_000]
    for _ in 0..<4_000 {
      let timer = timers.randomElement(using: &generator)!
      let span = spans.randomElement(using: &generator)! * 1_000_000
      let offset = Duration.nanoseconds(Int64.random(in: -1000...span, using: &generator))
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        wheel.arm(timer, at: now + offset)
        model.arm(timer, at: now + offset, now: now)
      case 5..<7:
        wheel.cancel(timer)
        model.cancel(timer)
      default:
        if let next = wheel.nextAdvance, let earliest = model.earliest { #expect(next <= earliest) }
        now = max(now, now + .nanoseconds(offset.wholeNanoseconds / 4))
        #expect(Set(Self.drain(&wheel, to: now)) == model.drain(to: now))
      }
      let isArmed = wheel.isArmed(timer)
      #expect(isArmed == model.isArmed(timer))
    }
  }
}

/// What the wheel ought to do, done slowly.
struct TimerWheelModel {
  private var deadlines: [TimerWheel.TimerID: Instant] = [:]

  var earliest: Instant? { deadlines.values.min() }

  mutating func arm(_ timer: TimerWheel.TimerID, at deadline: Instant, now: Instant) {
    let tick = TimerWheel.resolution.wholeNanoseconds
    let rounded = (deadline.nanoseconds + tick - 1) / tick * tick
    let next = (now.nanoseconds / tick + 1) * tick
    deadlines[timer] = Instant(nanoseconds: max(rounded, next))
  }

  mutating func cancel(_ timer: TimerWheel.TimerID) { deadlines[timer] = nil }

  func isArmed(_ timer: TimerWheel.TimerID) -> Bool { deadlines[timer] != nil }

  mutating func drain(to now: Instant) -> Set<TimerWheel.TimerID> {
    let due = Set(deadlines.filter { $0.value <= now }.keys)
    for timer in due { deadlines[timer] = nil }
    return due
  }
}
