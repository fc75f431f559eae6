internal import Vocabulary

/// One worker that could be asked to give a handle back.
struct ReleaseCandidate {
  /// How a choice ends.
  enum Choice: Equatable {
    /// This one.
    case go(WorkerID)
    /// There is one, but it has its fill of such calls.
    case busy
    /// There is none.
    case nobody
  }

  /// Who it is.
  let id: WorkerID
  /// Whether it failed this order before, or failed the request.
  let wasTried: Bool
  /// Whether it is about to leave.
  let isDraining: Bool
  /// Whether its engine has met the prefill engine: then word gets through at once.
  let isWarm: Bool
  /// Whether it may be asked now.
  let hasRoom: Bool
  /// Requests and calls it has of ours.
  let load: Int

  /// The best: not tried, not leaving, warm, least loaded, in this order.
  ///
  /// A tried worker is asked again only when there is no other, not when the others are busy.
  static func choose(among candidates: [ReleaseCandidate]) -> Choice {
    guard !candidates.isEmpty else { return .nobody }
    let hasUntried = candidates.contains { !$0.wasTried }
    let open = candidates.filter { $0.hasRoom && !($0.wasTried && hasUntried) }
    guard let best = open.min(by: isBetter) else { return .busy }
    return .go(best.id)
  }

  private static func isBetter(_ left: ReleaseCandidate, _ right: ReleaseCandidate) -> Bool {
    if left.isDraining != right.isDraining { return right.isDraining }
    if left.isWarm != right.isWarm { return left.isWarm }
    return left.load == right.load ? left.id < right.id : left.load < right.load
  }
}
