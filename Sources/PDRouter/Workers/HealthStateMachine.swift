/// Whether a worker is healthy, from the outcomes of its probes: so many in a row change it.
struct HealthStateMachine {
  private let failureThreshold: Int
  private let successThreshold: Int
  private(set) var isHealthy: Bool
  /// Whether it was never found healthy and is not taken to be: then one success is enough.
  private(set) var isNew: Bool
  /// Outcomes in a row that speak against the present state.
  private var against = 0

  /// Healthy until `failureThreshold` failures in a row; then until `successThreshold` successes.
  ///
  /// One that does not begin as healthy is `isNew` until its first success.
  init(failureThreshold: Int, successThreshold: Int, isHealthy: Bool = true) {
    precondition(failureThreshold > 0 && successThreshold > 0)
    self.failureThreshold = failureThreshold
    self.successThreshold = successThreshold
    self.isHealthy = isHealthy
    isNew = !isHealthy
  }

  /// Takes one probe's outcome.
  mutating func note(success: Bool) {
    guard success != isHealthy else {
      against = 0
      return
    }
    against += 1
    let threshold = isNew ? 1 : isHealthy ? failureThreshold : successThreshold
    guard against >= threshold else { return }
    isHealthy.toggle()
    isNew = false
    against = 0
  }
}
