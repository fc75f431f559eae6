internal import Vocabulary

/// How often a request is tried, and how long it waits in between.
///
/// A request goes to a worker that has not failed it at once where nothing of it was delivered;
/// after anything else, and when all workers have failed it, it waits first: a time that grows with
/// every wait, up to a bound, and differs by chance so that requests do not come back together.
public struct RetrySettings: Sendable, Equatable {
  /// Attempts at one request, the first included. (`--retry-max-retries`)
  public var attempts = 5
  /// The first wait. (`--retry-initial-backoff-ms`)
  public var initialBackoff: Duration = .milliseconds(50)
  /// The longest wait, before chance is added. (`--retry-max-backoff-ms`)
  public var longestBackoff: Duration = .seconds(30)
  /// What each wait is multiplied by for the next. (`--retry-backoff-multiplier`)
  public var backoffMultiplier = 1.5
  /// The share by which a wait may be shorter or longer, 0 … 1. (`--retry-jitter-factor`)
  public var jitter = 0.2

  /// The defaults of the baseline.
  public init() {}

  /// What is wrong with the numbers, a sentence each.
  var faults: [String] {
    var faults: [String] = []
    func need(_ holds: Bool, _ sentence: String) {
      if !holds { faults.append(sentence) }
    }
    need(attempts >= 1, "--retry-max-retries must be at least 1, not \(attempts)")
    need(initialBackoff > .zero, "--retry-initial-backoff-ms must be greater than 0")
    need(
      longestBackoff >= initialBackoff,
      "--retry-max-backoff-ms must not be less than --retry-initial-backoff-ms")
    need(
      backoffMultiplier >= 1 && backoffMultiplier.isFinite,
      "--retry-backoff-multiplier must be at least 1, not \(backoffMultiplier)")
    need((0...1).contains(jitter), "--retry-jitter-factor must be from 0 to 1, not \(jitter)")
    return faults
  }

  /// The wait after `waits` others of the same request.
  func backoff(after waits: Int, using generator: inout SplitMix64) -> Duration {
    precondition(waits >= 0)
    let longest = longestBackoff.inSeconds
    var seconds = initialBackoff.inSeconds
    for _ in 0..<waits where seconds < longest { seconds *= backoffMultiplier }
    let chance = Double(generator.next() >> 11) / Double(1 << 53) * 2 - 1
    return .seconds(min(seconds, longest) * (1 + jitter * chance))
  }
}
