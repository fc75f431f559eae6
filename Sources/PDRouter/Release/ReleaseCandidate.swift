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

  /// What is held against it; the less, the sooner it is asked.
  enum Record: Int, Comparable {
    case clean, failedRequest, failedOrder

    static func < (left: Record, right: Record) -> Bool { left.rawValue < right.rawValue }
  }

  /// Who it is.
  let id: WorkerID
  /// Whether it failed this order before, or failed the request.
  let record: Record
  /// Whether it is about to leave.
  let isDraining: Bool
  /// Whether its engine has met the prefill engine: then word gets through at once.
  let isWarm: Bool
  /// Whether it may be asked now.
  let hasRoom: Bool
  /// Requests and calls it has of ours.
  let load: Int

  /// The best: of the cleanest record, not leaving, warm, least loaded, in this order.
  ///
  /// One with a worse record is asked only when there is no other, not when the others are busy: so
  /// nobody is asked twice while another has not been asked.
  static func choose(among candidates: [ReleaseCandidate]) -> Choice {
    guard !candidates.isEmpty else { return .nobody }
    let cleanest = candidates.map(\.record).min()
    let open = candidates.filter { $0.hasRoom && $0.record == cleanest }
    guard let best = open.min(by: isBetter) else { return .busy }
    return .go(best.id)
  }

  private static func isBetter(_ left: ReleaseCandidate, _ right: ReleaseCandidate) -> Bool {
    if left.isDraining != right.isDraining { return right.isDraining }
    if left.isWarm != right.isWarm { return left.isWarm }
    return left.load == right.load ? left.id < right.id : left.load < right.load
  }
}
