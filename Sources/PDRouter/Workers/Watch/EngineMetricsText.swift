/// Reads what an engine's `GET /metrics` says of its load: Prometheus text of vLLM's names.
///
/// Pure, for bytes that anybody may have sent: a line that is no sample is passed over, as is a
/// last line without its end. An engine of several data-parallel ranks says everything once for
/// each, told apart by the label `engine`. Limits: `mostRanks`. Cost: one pass, allocation for the
/// ranks and for each number wanted.
struct EngineMetricsText {
  /// Ranks that are told apart; more than any engine has behind one address.
  static let mostRanks = 256

  /// What was said of each rank; one that is not numbered is 0.
  private(set) var ranks: [Int: EngineReading] = [:]

  /// Reads the whole text.
  init(_ text: UnsafeRawBufferPointer) {
    EngineMetricsText.forEachLine(of: text) { line in
      let rank = EngineMetricsText.rank(of: line) ?? 0
      guard ranks.count < EngineMetricsText.mostRanks || ranks[rank] != nil else { return }
      ranks[rank, default: EngineReading()].note(line)
    }
  }

  /// What rank number `rank` said, or all ranks together; nil when no load was said.
  func reading(ofRank rank: Int?) -> EngineReading? {
    if let rank { return ranks[rank].flatMap { $0.isLoad ? $0 : nil } }
    let readings = ranks.values.filter(\.isLoad)
    guard !readings.isEmpty else { return nil }
    var sum = EngineReading()
    sum.isLoad = true
    for reading in readings {
      sum.running += reading.running
      sum.waiting += reading.waiting
      sum.deferred += reading.deferred
      sum.tokens += reading.tokens
      // Each rank has a cache of its own, all of one size.
      sum.kvUsage += reading.kvUsage / Double(readings.count)
    }
    return sum
  }

  /// How many ranks the engine that sent `text` has, by the distinct `engine` labels of vLLM's
  /// samples; 0 when it says none.
  static func engineCount(_ text: UnsafeRawBufferPointer) -> Int {
    var ranks: Set<Int> = []
    forEachLine(of: text) { line in
      guard ranks.count < mostRanks, let rank = rank(of: line) else { return }
      ranks.insert(rank)
    }
    return ranks.count
  }

  private static func forEachLine(
    of text: UnsafeRawBufferPointer, _ body: (PrometheusLine) -> Void
  ) {
    var start = 0
    while let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let bytes = UnsafeRawBufferPointer(rebasing: text[start..<end])
      if PrometheusLine.hasPrefix(bytes, "vllm:"), let line = PrometheusLine(bytes) { body(line) }
      start = end + 1
    }
  }

  /// The number that the label `engine` says.
  private static func rank(of line: PrometheusLine) -> Int? {
    guard let label = line.label("engine"), (1...9).contains(label.count) else { return nil }
    var number = 0
    for byte in label {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}
