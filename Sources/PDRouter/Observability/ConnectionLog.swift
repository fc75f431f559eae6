internal import Logging
internal import Vocabulary

/// Says that connections of clients were ended before their time, each kind once in a while:
/// whoever floods the router must not flood its log.
///
/// Confined to its loop.
final class ConnectionLog {
  /// What was said of one kind.
  private struct Kind {
    var label: StaticString
    var saysNextAt: Instant
    var untold: Int
  }

  /// The time between two lines of one kind.
  static let pause: Duration = .seconds(10)

  private let logger: Logger
  private var kinds: [Kind] = []

  /// A log written to `logger`.
  init(logger: Logger) {
    self.logger = logger
  }

  /// Says what happened, or counts it for the next line of its kind.
  func note(_ fault: ConnectionFault, now: Instant) {
    let place = place(of: fault)
    guard now >= kinds[place].saysNextAt else {
      kinds[place].untold += 1
      return
    }
    var metadata: Logger.Metadata = [
      "client": "\(fault.peer)", "reason": "\(fault.label)", "why": "\(fault.message)",
    ]
    if kinds[place].untold > 0 { metadata["others"] = "\(kinds[place].untold)" }
    logger.warning("a client's connection was ended", metadata: metadata)
    kinds[place].saysNextAt = now + ConnectionLog.pause
    kinds[place].untold = 0
  }

  private func place(of fault: ConnectionFault) -> Int {
    let label = fault.label.description
    if let place = kinds.firstIndex(where: { $0.label.description == label }) { return place }
    kinds.append(Kind(label: fault.label, saysNextAt: .zero, untold: 0))
    return kinds.count - 1
  }
}
