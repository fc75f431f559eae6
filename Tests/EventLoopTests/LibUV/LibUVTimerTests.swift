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
