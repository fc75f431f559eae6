import Testing

@testable import PDRouter

struct HealthStateMachineTests {
  /// The healths after each outcome: `+` a success, `-` a failure; `H` healthy, `U` unhealthy.
  @Test(arguments: [
    (3, 2, "---", "HHU"), (3, 2, "--+--", "HHHHH"), (3, 2, "--+---", "HHHHHU"),
    (3, 2, "---++", "HHUUH"), (3, 2, "---+-++", "HHUUUUH"), (3, 2, "------", "HHUUUU"),
    (1, 1, "-+-+", "UHUH"), (1, 3, "-+++", "UUUH"), (3, 2, "+++", "HHH"),
    (2, 2, "--++--", "HUUHHU"),
  ])
  func `so many outcomes in a row change the health`(
    failures: Int, successes: Int, outcomes: String, healths: String
  ) {
    var machine = HealthStateMachine(failureThreshold: failures, successThreshold: successes)
    var seen = ""
    for outcome in outcomes {
      machine.note(success: outcome == "+")
      seen += machine.isHealthy ? "H" : "U"
    }
    #expect(seen == healths)
  }

  @Test func `one that does not begin as healthy is so at its first success, and then as any`() {
    var machine = HealthStateMachine(failureThreshold: 2, successThreshold: 3, isHealthy: false)
    for _ in 0..<5 { machine.note(success: false) }
    #expect(machine.isNew && !machine.isHealthy)
    machine.note(success: true)
    #expect(!machine.isNew && machine.isHealthy)
    for success in [false, false, true, true] { machine.note(success: success) }
    #expect(!machine.isHealthy)
    machine.note(success: true)
    #expect(machine.isHealthy)
  }
}
