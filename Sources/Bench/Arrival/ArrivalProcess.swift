internal import Glibc
package import Vocabulary

/// When the requests of an open loop are due, as `vllm bench serve` draws it. Pure.
package enum ArrivalProcess: Equatable, Sendable {
  /// All at the beginning.
  case atOnce
  /// So many a second. The gaps follow a gamma distribution whose shape is the burstiness: 1 is a
  /// Poisson process, less comes in bursts, more is steadier, infinity is one gap for all.
  case rate(perSecond: Double, burstiness: Double)

  /// Later than any run ends: 30 years, so that no sum of instants overflows.
  private static let latestSeconds = 1e9

  /// The times of `count` requests from the start of the run, in order; the first is at 0.
  ///
  /// Gaps are scaled so that the last one comes when it would at one gap for all: the rate is the
  /// one asked for, whatever was drawn.
  package func offsets(count: Int, using generator: inout SplitMix64) -> [Duration] {
    precondition(count >= 0)
    guard case .rate(let rate, let burstiness) = self, count > 1 else {
      return [Duration](repeating: .zero, count: count)
    }
    precondition(rate > 0 && burstiness > 0, "rates and shapes are checked where they come in")
    var sums = [0.0]
    sums.reserveCapacity(count)
    let sampler = GammaSampler(shape: burstiness)
    for _ in 1..<count { sums.append(sums[sums.count - 1] + sampler.draw(using: &generator)) }
    let whole = sums[count - 1]
    let scale = whole > 0 ? Double(count - 1) / rate / whole : 0
    return sums.map { sum in
      .nanoseconds(Int64(min(sum * scale, ArrivalProcess.latestSeconds) * 1e9))
    }
  }

  /// The times of a trace's requests, played so many times as fast as they were recorded.
  package static func offsets(of requests: [TraceRequest], speed: Double) -> [Duration] {
    precondition(speed > 0, "speeds are checked where they come in")
    return requests.map { request in
      let seconds = request.offset / .seconds(1) / speed
      return .nanoseconds(Int64(min(seconds, latestSeconds) * 1e9))
    }
  }
}
