internal import Logging
internal import Policies
internal import Vocabulary

/// Says once when ejections begin to be overlooked for want of workers, and once when that is over.
///
/// Confined to the watching loop.
final class PanicNotice {
  private let logger: Logger
  private var legs: [PolicyLeg: Bool] = [:]

  /// A notice of nothing yet.
  init(logger: Logger) {
    self.logger = logger
  }

  /// Looks at the workers as `router` sees them.
  func look(at router: RouterLoop) {
    router.workers.refresh()
    note(router.workers.overlooksEjections(.serving), .serving, router)
    if router.isDisaggregated {
      note(router.workers.overlooksEjections(.prefill), .prefill, router)
    }
  }

  private func note(_ overlooks: Bool, _ leg: PolicyLeg, _ router: RouterLoop) {
    guard overlooks != legs[leg] ?? false else { return }
    legs[leg] = overlooks
    let role: Role = leg == .prefill ? .prefill : router.isDisaggregated ? .decode : .both
    logger.log(
      level: overlooks ? .warning : .notice,
      overlooks
        ? "too few eligible workers: ejections are overlooked"
        : "enough eligible workers: ejections count again",
      metadata: ["role": "\(role.rawValue)"])
  }
}
