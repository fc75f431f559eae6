internal import Glibc
import Vocabulary

/// Workloads that need no trace: 4,000 requests from a seed, some six in a second.
enum GeneratedWorkload: String {
  /// One system prompt of 8,192 tokens for all, then up to 3,584 of their own.
  case hot
  /// Twenty such system prompts, the k-th used in proportion to 1/k.
  case tenants
  /// Two hundred conversations at a time that grow by up to 3,072 tokens a turn, over fifty system
  /// prompts.
  case chats

  private static let count = 4000
  private static let perSecond = 6.0
  private static let outputTokens = 200

  /// The requests.
  func requests() -> [ReplayRequest] {
    var generator = SplitMix64(seed: 5)
    var arrival = 0.0
    var fresh = 1 << 20
    var conversations: [[Int]] = []
    return (0..<GeneratedWorkload.count).map { _ in
      let draw = Double(generator.next() >> 11) / Double(1 << 53)
      arrival -= log(1 - draw) / GeneratedWorkload.perSecond
      let blocks = nextPrompt(&conversations, &fresh, &generator)
      return ReplayRequest(
        arrival: arrival, promptTokens: blocks.count * ReplayRequest.blockTokens,
        outputTokens: GeneratedWorkload.outputTokens, blocks: blocks)
    }
  }

  private func nextPrompt(
    _ conversations: inout [[Int]], _ fresh: inout Int, _ generator: inout SplitMix64
  ) -> [Int] {
    var blocks: [Int]
    var place: Int?
    switch self {
    case .hot: blocks = systemPrompt(0, 16)
    case .tenants: blocks = systemPrompt(rank(below: 20, &generator), 16)
    case .chats:
      if conversations.count == 200 || (!conversations.isEmpty && generator.next() % 5 > 0) {
        place = Int(generator.next() % UInt64(conversations.count))
      }
      blocks = place.map { conversations[$0] } ?? systemPrompt(rank(below: 50, &generator), 8)
    }
    let own = 1 + Int(generator.next() % (self == .chats ? 6 : 7))
    blocks += fresh..<(fresh + own)
    fresh += own
    if self == .chats { note(blocks, at: place, &conversations, &generator) }
    return blocks
  }

  /// The conversation goes on, or is over: one in twenty, and those that have become long.
  private func note(
    _ blocks: [Int], at place: Int?, _ conversations: inout [[Int]],
    _ generator: inout SplitMix64
  ) {
    guard let place else { return conversations.append(blocks) }
    if blocks.count > 120 || generator.next() % 20 == 0 {
      conversations.remove(at: place)
    } else {
      conversations[place] = blocks
    }
  }

  private func systemPrompt(_ number: Int, _ length: Int) -> [Int] {
    Array((number * 100)..<(number * 100 + length))
  }

  /// A number below `count`, k with a chance in proportion to 1/(k + 1).
  private func rank(below count: Int, _ generator: inout SplitMix64) -> Int {
    let total = (1...count).reduce(0) { $0 + 1 / Double($1) }
    var left = Double(generator.next() >> 11) / Double(1 << 53) * total
    for rank in 1..<count {
      left -= 1 / Double(rank)
      if left < 0 { return rank - 1 }
    }
    return count - 1
  }
}
