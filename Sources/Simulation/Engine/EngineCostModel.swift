internal import Vocabulary

/// What an engine's steps cost in time, and how much it can hold.
///
/// One step computes a batch: one token for every decoding request, and chunks of prompts up to the
/// token budget. Its duration is the sum of three terms, all divided by `speed`: `decodeStepBase`
/// if anything decodes, `decodeStepPerRequest` for each request that decodes, and the prompt tokens
/// at `prefillTokensPerSecond`. The defaults are those of the SMG mock worker's realistic mode.
package struct EngineCostModel: Sendable {
  /// Prompt tokens computed per second.
  package var prefillTokensPerSecond = 8000.0
  /// Cost of a step in which any request decodes.
  package var decodeStepBase = Duration.milliseconds(6)
  /// Further cost of each decoding request.
  package var decodeStepPerRequest = Duration.microseconds(350)
  /// Most tokens one step computes: decodes first, then prompt chunks.
  package var chunkTokens = 2048
  /// Most requests in one batch.
  package var maxRunning = 256
  /// Tokens the KV cache holds; rounded down to whole blocks.
  package var kvTokens = 524_288
  /// Tokens in one block.
  package var blockTokens = 16
  /// Latency of one remote KV read, whatever its size.
  package var transferBase = Duration.milliseconds(1)
  /// Tokens of KV one remote read moves per second.
  package var transferTokensPerSecond = 200_000.0
  /// How much faster than the model everything runs: 2 halves every duration.
  package var speed = 1.0

  /// The default model.
  package init() {}

  /// Blocks in the cache.
  package var blocks: Int { kvTokens / blockTokens }

  /// How long a step takes that computes `promptTokens` and decodes `decodes` requests.
  package func stepDuration(promptTokens: Int, decodes: Int) -> Duration {
    precondition(promptTokens >= 0 && decodes >= 0 && prefillTokensPerSecond > 0)
    var seconds = Double(promptTokens) / prefillTokensPerSecond
    if decodes > 0 {
      seconds += decodeStepBase.inSeconds + Double(decodes) * decodeStepPerRequest.inSeconds
    }
    return scaled(seconds)
  }

  /// How long a remote read of `tokens` takes once it has begun.
  package func transferDuration(tokens: Int) -> Duration {
    precondition(tokens >= 0 && transferTokensPerSecond > 0)
    return scaled(transferBase.inSeconds + Double(tokens) / transferTokensPerSecond)
  }

  private func scaled(_ seconds: Double) -> Duration {
    precondition(speed > 0, "an engine's speed is a positive factor")
    return .nanoseconds(max(1, Int64((seconds / speed * 1e9).rounded())))
  }
}
