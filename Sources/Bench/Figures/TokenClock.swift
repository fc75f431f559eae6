internal import Vocabulary

/// Tokens by when they came, in steps of 100 ms from the start of a run.
package struct TokenClock: Sendable {
  /// The length of a step.
  package static let step = Duration.milliseconds(100)
  private static let stepNanoseconds: Int64 = 100_000_000
  /// What comes later than twelve days after the start is counted in the last step.
  private static let most = 10_000_000

  /// Tokens of each step, up to the last one that has any.
  package private(set) var steps: [Int] = []

  /// Counts tokens that came so long after the start.
  mutating func record(_ tokens: Int, at offset: Duration) {
    precondition(tokens >= 0)
    let place = min(TokenClock.most, Int(max(0, offset.wholeNanoseconds) / Self.stepNanoseconds))
    while steps.count <= place { steps.append(0) }
    steps[place] += tokens
  }

  /// Most tokens in one whole second since the start.
  package var mostPerSecond: Int {
    stride(from: 0, to: steps.count, by: 10).map { start in
      steps[start..<min(start + 10, steps.count)].reduce(0, +)
    }.max() ?? 0
  }
}
