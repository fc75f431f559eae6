/// How much may be done at once to give KV handles back, and how long each step may take.
struct ReleaseLimits {
  /// Calls out at once; more orders wait in line.
  var callsInFlight = 64
  /// Calls out at once to one worker.
  var callsPerWorker = 8
  /// Calls begun a second, so that a mass of departing clients does not disturb those who stay.
  var callsPerSecond = 500
  /// Calls sent for one order, the first included; then its handle is left to its lease.
  var attempts = 3
  /// Wait before the second attempt; the third waits five times as long.
  var backoff: Duration = .milliseconds(50)
  /// Wait after the third attempt and each further one, which only calls have that cannot be sent:
  /// they are tried until the lease is over.
  var longestBackoff: Duration = .seconds(1)
  /// Wait before prefill is told in place of a decode engine that died: what that one had asked for
  /// may still be on its way, and must not find the blocks in other hands.
  var graceAfterDeath: Duration = .milliseconds(250)
  /// How many orders behind one that finds its workers busy may overtake it.
  var lookAhead = 16
  /// A refusal takes milliseconds; an engine that takes this long is ill.
  var callTimeout: Duration = .seconds(2)
  /// An answer of one token waits for a hand-shake and for the engine's turn.
  var attachmentTimeout: Duration = .seconds(5)
  /// Until the second call through a pair whose engines had never met (measured on vLLM 0.32: an
  /// idle engine's first call only shakes hands).
  var secondCallDelay: Duration = .seconds(1)
  /// Second calls that may wait at once; more are left out.
  var secondCalls = 64
  /// An engine that does not answer its health path in this time is taken for dead.
  var checkTimeout: Duration = .seconds(1)
  /// From the start of one check of a worker to the next: ten a second.
  var checkInterval: Duration = .milliseconds(100)

  /// Wait after so many failed attempts.
  func pause(after attempts: Int) -> Duration {
    precondition(attempts > 0)
    return switch attempts {
    case 1: backoff
    case 2, 3: backoff * 5
    default: longestBackoff
    }
  }
}
