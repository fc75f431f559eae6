import EventLoop
import Testing
import Vocabulary

@Suite struct LibUVTimerTests {
  @Test func `timers fire in order of their deadlines and never early`() {
    let harness = LoopHarness()
    let loop = harness.loop
    let start = loop.now
    var fired: [Int64] = []
    let delays: [Int64] = [40, 5, 25, 15, 60]
    for delay in delays {
      loop.makeTimer().arm(
        after: .milliseconds(delay),
        for: TimerAction {
          fired.append(delay)
          #expect(loop.now - start >= .milliseconds(delay))
          if fired.count == delays.count { loop.stop() }
        })
    }
    harness.run()
    #expect(fired == delays.sorted())
  }

  @Test func `a cancelled timer does not fire and lets its handler go`() {
    let harness = LoopHarness()
    let timer = harness.loop.makeTimer()
    weak var weakAction: TimerAction?
    do {
      let action = TimerAction { Issue.record("fired") }
      weakAction = action
      timer.arm(after: .milliseconds(5), for: action)
      #expect(timer.isArmed)
    }
    #expect(weakAction != nil, "an armed timer holds its handler")
    timer.cancel()
    timer.cancel()
    #expect(weakAction == nil)
    #expect(!timer.isArmed)
    harness.loop.makeTimer().arm(
      after: .milliseconds(30), for: TimerAction { harness.loop.stop() })
    harness.run()
  }

  @Test func `a timer cancelled by another one of the same moment does not fire`() {
    let harness = LoopHarness()
    let (first, second) = (harness.loop.makeTimer(), harness.loop.makeTimer())
    first.arm(after: .milliseconds(10), for: TimerAction { second.cancel() })
    second.arm(after: .milliseconds(10), for: TimerAction { Issue.record("fired") })
    harness.loop.makeTimer().arm(
      after: .milliseconds(40), for: TimerAction { harness.loop.stop() })
    harness.run()
  }

  @Test func `a timer re-armed over and over fires once, after the last deadline`() {
    let harness = LoopHarness()
    let loop = harness.loop
    let idle = loop.makeTimer()
    let ticking = loop.makeTimer()
    var lastArm = loop.now
    let onIdle = TimerAction {
      #expect(loop.now - lastArm >= .milliseconds(30))
      loop.stop()
    }
    let onTick = TimerAction { again, timer in
      lastArm = loop.now
      idle.arm(after: .milliseconds(30), for: onIdle)
      if again.fired < 10 { timer.arm(after: .milliseconds(5), for: again) }
    }
    idle.arm(after: .milliseconds(30), for: onIdle)
    ticking.arm(after: .milliseconds(5), for: onTick)
    harness.run()
    #expect(onTick.fired == 10)
    #expect(onIdle.fired == 1)
  }

  /// How a timer is armed, and again in the same wake-up or in one `pause` later.
  struct Change: CustomTestStringConvertible {
    let first: Int64
    let second: Int64
    var pause: Int64 = 0
    var cancelsBetween = false

    var testDescription: String {
      "\(first) ms, then \(second) ms \(pause) ms later\(cancelsBetween ? ", cancelled" : "")"
    }
  }

  @Test(arguments: [
    Change(first: 20, second: 50), Change(first: 50, second: 20), Change(first: 30, second: 30),
    Change(first: 20, second: 50, cancelsBetween: true),
    Change(first: 50, second: 20, cancelsBetween: true),
    Change(first: 25, second: 50, pause: 12), Change(first: 60, second: 20, pause: 12),
    Change(first: 25, second: 50, pause: 12, cancelsBetween: true),
    Change(first: 15, second: 20, pause: 30), Change(first: 15, second: 0, pause: 30),
    Change(first: 60_000, second: 20, pause: 12),
  ])
  func `a timer armed anew fires once, after the new delay and not long after`(change: Change) {
    let harness = LoopHarness()
    let loop = harness.loop
    let timer = loop.makeTimer()
    var isArmedAnew = false
    var deadline = Instant.distantFuture
    let onTime = TimerAction {
      guard isArmedAnew else { return #expect(change.pause > change.first) }
      #expect(loop.now >= deadline)
      // The machine may be busy: a bound that only a timer that was forgotten misses.
      #expect(loop.now - deadline < .seconds(5))
    }
    let again = {
      if change.cancelsBetween { timer.cancel() }
      isArmedAnew = true
      deadline = loop.now + .milliseconds(change.second)
      timer.arm(after: .milliseconds(change.second), for: onTime)
      loop.makeTimer().arm(
        after: .milliseconds(change.second + 60), for: TimerAction { loop.stop() })
    }
    timer.arm(after: .milliseconds(change.first), for: onTime)
    if change.pause == 0 {
      again()
    } else {
      loop.makeTimer().arm(after: .milliseconds(change.pause), for: TimerAction { again() })
    }
    harness.run()
    #expect(isArmedAnew && !timer.isArmed)
    // Where the machine stood still before the pause was over, the first deadline came before.
    #expect(onTime.fired >= 1 && onTime.fired <= 2)
    if change.pause == 0 { #expect(onTime.fired == 1) }
  }

  @Test func `a cancelled timer does not fire at its old deadline, nor keep anybody alive`() {
    let harness = LoopHarness()
    weak var weakTimer: (any LoopTimer)?
    weak var weakAction: TimerAction?
    do {
      let action = TimerAction { Issue.record("fired") }
      let timer = harness.loop.makeTimer()
      (weakTimer, weakAction) = (timer, action)
      timer.arm(after: .milliseconds(10), for: action)
      timer.cancel()
      timer.arm(after: .seconds(100), for: action)
      timer.arm(after: .milliseconds(10), for: action)
      timer.cancel()
    }
    #expect(weakTimer == nil && weakAction == nil)
    // Another timer is given the place of the first, whose old deadline is not its own.
    let later = TimerAction { harness.loop.stop() }
    harness.loop.makeTimer().arm(after: .milliseconds(40), for: later)
    harness.run()
    #expect(later.fired == 1)
  }

  @Test func `a timer goes to another handler when it is armed for that`() {
    let harness = LoopHarness()
    let timer = harness.loop.makeTimer()
    weak var weakFirst: TimerAction?
    do {
      let first = TimerAction { Issue.record("fired") }
      weakFirst = first
      timer.arm(after: .milliseconds(10), for: first)
    }
    timer.arm(after: .milliseconds(20), for: TimerAction { harness.loop.stop() })
    #expect(weakFirst == nil)
    harness.run()
  }

  @Test func `many timers moved on by turns of two delays fire in order, each once`() {
    let harness = LoopHarness()
    let loop = harness.loop
    var fired: [Int] = []
    var actions: [TimerAction] = []
    for number in 0..<20 {
      let timer = loop.makeTimer()
      let action = TimerAction {
        fired.append(number)
        if fired.count == 20 { loop.stop() }
      }
      actions.append(action)
      for turn in 0..<6 {
        timer.arm(
          after: .milliseconds(turn % 2 == 0 ? 10 : 20 + (20 - number) * 10), for: action)
      }
    }
    harness.run()
    #expect(fired == (0..<20).reversed())
    #expect(actions.allSatisfy { $0.fired == 1 })
  }

  @Test func `a loop that ends lets go of armed timers and of those armed after`() {
    weak var weakAction: TimerAction?
    let harness = LoopHarness()
    let timer = harness.loop.makeTimer()
    do {
      let action = TimerAction { Issue.record("fired") }
      weakAction = action
      timer.arm(after: .seconds(100), for: action)
      harness.loop.makeTimer().arm(
        after: .milliseconds(5), for: TimerAction { harness.loop.stop() })
    }
    harness.run()
    #expect(weakAction == nil && !timer.isArmed)
    timer.arm(after: .seconds(200), for: TimerAction {})
    #expect(!timer.isArmed)
  }

  @Test func `a timer armed with no delay inside its own handler leaves room for others`() {
    let harness = LoopHarness()
    let busy = TimerAction { again, timer in timer.arm(after: .zero, for: again) }
    harness.loop.makeTimer().arm(after: .zero, for: busy)
    harness.loop.makeTimer().arm(
      after: .milliseconds(30), for: TimerAction { harness.loop.stop() })
    harness.run()
    #expect(busy.fired >= 1)
  }

  @Test(arguments: [Duration.seconds(-5), .seconds(Int64.max)])
  func `any delay is taken`(delay: Duration) {
    let harness = LoopHarness()
    let timer = harness.loop.makeTimer()
    timer.arm(after: delay, for: TimerAction {})
    #expect(timer.isArmed)
    harness.loop.makeTimer().arm(
      after: .milliseconds(20), for: TimerAction { harness.loop.stop() })
    harness.run()
    #expect(!timer.isArmed)
  }
}
