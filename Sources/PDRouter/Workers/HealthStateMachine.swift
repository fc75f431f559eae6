/// Whether a worker is healthy, from the outcomes of its probes: so many in a row change it.
struct HealthStateMachine {
  private let failureThreshold: Int
  private let successThreshold: Int
  private(set) var isHealthy = true
  /// Outcomes in a row that speak against the present state.
  private var against = 0

  /// Healthy until `failureThreshold` failures in a row; then until `successThreshold` successes.
  init(failureThreshold: Int, successThreshold: Int) {
    precondition(failureThreshold > 0 && successThreshold > 0)
    self.failureThreshold = failureThreshold
    self.successThreshold = successThreshold
  }

  /// Takes one probe's outcome.
  mutating func note(success: Bool) {
    guard success != isHealthy else {
      against = 0
      return
    }
    against += 1
    guard against >= (isHealthy ? failureThreshold : successThreshold) else { return }
    isHealthy.toggle()
    against = 0
  }
}
