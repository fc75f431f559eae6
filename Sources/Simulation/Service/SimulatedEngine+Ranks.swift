internal import EventLoop
internal import PDRouter
internal import Vocabulary

// Data-parallel ranks: several schedulers behind one port, each with a KV cache and a side channel
// of its own. The first is the engine itself, which has the ports and the faults.
extension SimulatedEngine {
  /// The engine's ranks in order, the engine itself first.
  package var ranks: [SimulatedEngine] { [self] + otherRanks }

  /// What all ranks hold now.
  package var figures: EngineFigures {
    ranks.reduce(into: EngineFigures()) { sum, rank in
      let figures = rank.scheduler.figures
      sum.requests += figures.requests
      sum.exports += figures.exports
      sum.usedBlocks += figures.usedBlocks
    }
  }

  /// What became of the handles of each rank.
  package var exportCounts: [KVExportCounts] { ranks.map { $0.scheduler.exports.counts } }

  /// The handles that a rank keeps, or kept until nobody had come for them.
  package var unclaimedHandles: [String] {
    ranks.flatMap { rank in
      rank.scheduler.exports.liveNames + rank.scheduler.exports.names(endedAs: .expired)
    }
  }

  /// The rank that `asked`, the value of `X-data-parallel-rank`, names; without one, the rank with
  /// the fewest requests. What is no number names none (vLLM 0.32).
  func rank(asked: String?) throws(EngineRefusal) -> SimulatedEngine {
    guard let asked, let number = Int(asked) else {
      let counts = ranks.map(\.ownRequests)
      let least = counts.indices.min { counts[$0] < counts[$1] }
      return least.map { ranks[$0] } ?? self
    }
    guard ranks.indices.contains(number) else {
      throw .badRequest("data_parallel_rank \(number) is out of range [0, \(ranks.count)).")
    }
    return ranks[number]
  }

  /// Answers another engine's message on a port that several ranks share: a bootstrap server's.
  func answerForRanks(_ message: SideChannelMessage) -> SideChannelReply {
    guard configuration.connector == .mooncake, !otherRanks.isEmpty else { return answer(message) }
    switch message {
    case .ask(let ask):
      let wanted = ranks.first { $0.configuration.engineID == ask.engineID }
      return (wanted ?? self).answer(message)
    case .notice(let name, _):
      let owner = ranks.first { rank in
        rank.scheduler.exports.blocks(of: name) != nil
          || rank.scheduler.exports.ending(of: name) != nil
      }
      if let owner { return owner.answer(message) }
      // Given up before prefill has finished: nobody knows on which rank that will be.
      return ranks.map { $0.answer(message) }.last ?? .done
    case .read, .heartbeat, .write: return answer(message)
    }
  }

  /// Appends the metrics of all ranks.
  func writeMetrics(to body: inout ByteBuffer) {
    guard !otherRanks.isEmpty else { return EngineMetrics.write(scheduler, to: &body) }
    let pages = ranks.enumerated().map { number, rank in
      var page = ByteBuffer(capacity: 16 * 1024)
      EngineMetrics.write(rank.scheduler, rank: number, to: &page)
      return String(decoding: page.bytes, as: UTF8.self)
    }
    EngineMetrics.join(pages, to: &body)
  }

  /// Lets another rank begin, which tells this one what becomes of it.
  ///
  /// - Throws: `StreamError.bindFailed`.
  func makeRank(_ number: Int, _ wanted: EngineConfiguration) throws(StreamError)
    -> SimulatedEngine
  {
    let rank = try SimulatedEngine(rank: number, of: self, wanted)
    rank.whenDead = { [weak self] in self?.die() }
    rank.whenAbandoned = { [weak self] in self?.whenAbandoned?($0) }
    rank.whenNoticeIsLost = { [weak self] in self?.whenNoticeIsLost?($0) }
    rank.whenAskIsLost = { [weak self] in self?.whenAskIsLost?($0) }
    return rank
  }
}
