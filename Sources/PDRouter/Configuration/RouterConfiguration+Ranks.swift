internal import KVTransfer
internal import Vocabulary

// Data-parallel ranks: which workers a URL stands for.
extension RouterConfiguration {
  /// The most ranks that one engine may be said to have.
  static let mostRanks = 256

  /// The workers to register for `url`, and what is said of them besides `details`.
  ///
  /// A URL with a rank is that rank. Another one of a single pool is as many ranks as every engine
  /// is said to have; with split pools it is one worker until its engine, if `asks`, has said how
  /// many it has.
  package func workers(
    at url: WorkerURL, _ details: WorkerDetails, asks: Bool
  ) -> (urls: [WorkerURL], details: WorkerDetails) {
    var details = details
    if let rank = url.rank {
      details.dataParallelSize = max(dataParallelSize, rank + 1)
      return ([url], details)
    }
    guard !isDisaggregated else {
      // SGLang's engines place requests by their room, and know no such field.
      details.findsRanks = asks && connector != .sglang
      return ([url], details)
    }
    guard dataParallelSize > 1 else { return ([url], details) }
    details.dataParallelSize = dataParallelSize
    return ((0..<dataParallelSize).map { url.ranked($0) }, details)
  }

  /// What is wrong with the number of ranks, a sentence each.
  func rankFaults() -> [String] {
    var faults: [String] = []
    let range = 1...RouterConfiguration.mostRanks
    if !range.contains(dataParallelSize) {
      faults.append(
        "--intra-node-data-parallel-size must be from 1 to \(range.upperBound), "
          + "not \(dataParallelSize)")
    }
    if isDisaggregated, connector == .sglang, dataParallelSize > 1 {
      faults.append("--kv-connector sglang excludes --intra-node-data-parallel-size")
    }
    return faults
  }
}
