internal import Vocabulary

/// How long one kind of work takes on one worker, or between one pair: a line through what was
/// seen.
///
/// A weighted least-squares fit of seconds over `CostFactors` that forgets: a sample's weight
/// halves in 34 samples, so that a worker that has become slower is known as such after about a
/// hundred. The first 32 samples are forgotten faster, for they meet engines that still compile and
/// caches that are still cold. A sample that lies far from the line counts only as far as
/// four times the usual distance, so one stalled request does not move it; the usual distance
/// itself grows with every such sample, so a lasting change gets through within some ten. What was
/// learned before a long pause counts next to nothing once new samples come, and the fit is not
/// fresh again before it has enough of those.
///
/// Quadratic attention is left out on purpose: it shows beyond ten thousand tokens, where the
/// decision is clear-cut anyway.
struct CostFit {
  /// Samples below which a fit is not used: four coefficients and some noise.
  static let fewestSamples = 16
  /// Decisions after which a fit without a new sample is stale.
  static let decisionsUntilStale: UInt64 = 4096

  private static let youth = 32
  private static let memoryInYouth = 0.9
  private static let memory = 0.98
  private static let memoryAfterPause = 0.001
  private static let longestSeconds = 600.0
  /// Of the usual distances.
  private static let farthest = 4.0
  private static let spreadGain = 0.125
  /// The usual distance is taken to be at least 5 % of the prediction and a millisecond.
  private static let leastRelativeSpread = 0.05
  private static let leastSpread = 0.001

  private var equations = NormalEquations()
  private var coefficients = SIMD4<Double>.zero
  private var spread = 0.0
  /// Since the start or the last long pause; not counted beyond youth.
  private var samples = 0
  private var lastSample: UInt64 = 0

  /// Whether it has ever seen enough to be used.
  private(set) var isKnown = false

  /// Whether it has seen enough lately; `now` counts decisions.
  func isFresh(at now: UInt64) -> Bool {
    samples >= CostFit.fewestSamples && !isStale(at: now)
  }

  /// Seconds that the work is expected to take; never negative, always finite.
  func seconds(_ factors: CostFactors) -> Double {
    (coefficients * factors.vector).sum()
  }

  /// Seconds by which so many tokens of a request lengthen its work, without the fixed part.
  func seconds(ofComputing tokens: Int) -> Double {
    coefficients[1] * CostFactors.units(ofTokens: tokens)
  }

  /// Learns that work of these factors took so long.
  mutating func note(_ factors: CostFactors, took duration: Duration, at now: UInt64) {
    guard duration >= .zero else { return }
    let isAfterPause = isStale(at: now)
    if isAfterPause { samples = 0 }
    let seconds = believable(min(duration.inSeconds, CostFit.longestSeconds), for: factors)
    equations.add(
      factors.vector, seconds,
      memory: isAfterPause
        ? CostFit.memoryAfterPause
        : samples < CostFit.youth ? CostFit.memoryInYouth : CostFit.memory)
    coefficients = equations.solution()
    if samples < CostFit.youth { samples += 1 }
    if samples >= CostFit.fewestSamples { isKnown = true }
    lastSample = now
  }

  private func isStale(at now: UInt64) -> Bool {
    precondition(now >= lastSample, "decisions are counted up")
    return now - lastSample > CostFit.decisionsUntilStale
  }

  /// `seconds`, but no farther from the line than a sample may lie; notes the distance.
  private mutating func believable(_ seconds: Double, for factors: CostFactors) -> Double {
    let expected = self.seconds(factors)
    var distance = seconds - expected
    if samples >= CostFit.fewestSamples {
      let usual = max(spread, expected * CostFit.leastRelativeSpread, CostFit.leastSpread)
      let bound = CostFit.farthest * usual
      distance = min(max(distance, -bound), bound)
    }
    spread += (abs(distance) - spread) * CostFit.spreadGain
    return expected + distance
  }
}
