internal import ArgumentParser
internal import PDRouter
internal import Vocabulary

/// The flags of how long things may take and how often they are tried, with the baseline's names
/// and defaults.
struct RetryOptions: ParsableArguments {
  @Option(help: "Time for a whole request, every attempt included, in seconds.")
  var requestTimeoutSecs = 1800

  @Option(help: "Time to connect to a worker, in seconds.")
  var connectTimeoutSecs = 5

  @Option(help: "Time from a request sent to the head of its answer, in seconds; 0 for no limit.")
  var firstByteTimeoutSecs = 0

  @Option(help: "Silence within an answer that has begun, in seconds; 0 for no limit.")
  var streamIdleTimeoutSecs = 300

  @Option(help: "Time for a prefill leg, in seconds.")
  var prefillTimeoutSecs = 600

  @Option(help: "Time that an idle connection to a worker is kept, in seconds; 0 keeps none.")
  var poolIdleTimeoutSecs = 3

  @Option(help: "Attempts at one request, the first included.")
  var retryMaxRetries = 5

  @Option(help: "First wait before another attempt, in milliseconds.")
  var retryInitialBackoffMs = 50

  @Option(help: "Longest wait before another attempt, in milliseconds.")
  var retryMaxBackoffMs = 30000

  @Option(help: "What each wait is multiplied by for the next.")
  var retryBackoffMultiplier = 1.5

  @Option(help: "Share by which a wait may be shorter or longer, 0 to 1.")
  var retryJitterFactor = 0.2

  @Flag(help: "Try every request once.")
  var disableRetries = false

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.timeouts.request = .seconds(requestTimeoutSecs)
    configuration.timeouts.connect = .seconds(connectTimeoutSecs)
    configuration.timeouts.firstByte = .seconds(firstByteTimeoutSecs)
    configuration.timeouts.streamIdle = .seconds(streamIdleTimeoutSecs)
    configuration.timeouts.prefill = .seconds(prefillTimeoutSecs)
    configuration.timeouts.workerIdle = .seconds(poolIdleTimeoutSecs)
    configuration.retries.attempts = disableRetries ? 1 : retryMaxRetries
    configuration.retries.initialBackoff = .milliseconds(retryInitialBackoffMs)
    configuration.retries.longestBackoff = .milliseconds(retryMaxBackoffMs)
    configuration.retries.backoffMultiplier = retryBackoffMultiplier
    configuration.retries.jitter = retryJitterFactor
  }
}
