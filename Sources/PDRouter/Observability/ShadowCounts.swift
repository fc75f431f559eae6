internal import Policies
internal import Vocabulary

/// How often and by how much the shadow policy of one leg would have chosen differently.
///
/// Written by one loop, read by any thread. Differences are counted in two sums, of the choices
/// where the chosen worker had more and of those where the shadow's had, so that each only grows.
final class ShadowCounts: Sendable {
  /// The sums, in the order of their counters.
  enum Figure: Int, CaseIterable {
    /// Choices compared, and those that differed.
    case decisions, differences
    /// Requests in flight that the chosen worker had more than the shadow's, and the reverse.
    case loadOfChosen, loadOfShadow
    /// The same of prompt bytes in the workers' caches.
    case cachedByChosen, cachedByShadow
  }

  private let counters = AtomicCounters(count: Figure.allCases.count)

  /// All zero.
  init() {}

  /// One choice, and what the shadow's would have been.
  func note(chosen: WorkerSnapshot, shadow: WorkerSnapshot) {
    counters.add(to: Figure.decisions.rawValue)
    guard chosen.id != shadow.id else { return }
    counters.add(to: Figure.differences.rawValue)
    add(
      chosen.requestsInFlight &- shadow.requestsInFlight, to: .loadOfChosen, or: .loadOfShadow)
    add(
      (chosen.cachedBlocks &- shadow.cachedBlocks) &* PrefixChain.blockBytes,
      to: .cachedByChosen, or: .cachedByShadow)
  }

  /// One of the sums.
  func value(of figure: Figure) -> Int { counters.value(at: figure.rawValue) }

  private func add(_ difference: Int, to more: Figure, or less: Figure) {
    guard difference != 0 else { return }
    let figure = difference > 0 ? more : less
    counters.add(Int(clamping: difference.magnitude), to: figure.rawValue)
  }
}
