internal import Policies
internal import Vocabulary

/// Makes a load of one reading after the other of the same engine; pure.
///
/// The speed of an engine shows only while it does all it can: one with a single request makes 50
/// tokens a second and would make 5,000. Taking that for its speed would send it little, and so
/// keep it so. Hence a speed is learned while requests wait for room, between two readings, and
/// otherwise only raised: it has done that much, so it can. It is smoothed; an engine whose
/// counters go back is another one, of which nothing is known.
struct LoadMeter {
  /// Weight of the newest rate.
  static let gain = 0.3
  /// Two readings nearer than this, in seconds, tell nothing of speed: engines count in steps.
  static let leastSeconds = 0.5

  private var last: (reading: EngineReading, at: Instant)?
  private var tokensPerSecond = 0.0

  /// Takes a reading; `ours` is how many requests of the router were there then.
  mutating func note(_ reading: EngineReading, ours: Int, at now: Instant) -> ReportedLoad {
    learnSpeed(reading, now)
    let running = LoadMeter.count(reading.running)
    let waiting = LoadMeter.count(reading.waiting)
    return ReportedLoad(
      foreignRequests: running + waiting - min(max(0, ours), running + waiting), running: running,
      waiting: waiting, kvUsage: reading.kvUsage, tokensPerSecond: tokensPerSecond)
  }

  private mutating func learnSpeed(_ reading: EngineReading, _ now: Instant) {
    guard let last else {
      self.last = (reading, now)
      return
    }
    let seconds = (now - last.at).inSeconds
    guard seconds >= LoadMeter.leastSeconds else { return }
    self.last = (reading, now)
    guard reading.tokens >= last.reading.tokens else {
      tokensPerSecond = 0
      return
    }
    let rate = (reading.tokens - last.reading.tokens) / seconds
    if reading.isSaturated, last.reading.isSaturated {
      tokensPerSecond += (tokensPerSecond > 0 ? LoadMeter.gain : 1) * (rate - tokensPerSecond)
    } else if tokensPerSecond > 0, rate > tokensPerSecond {
      tokensPerSecond += LoadMeter.gain * (rate - tokensPerSecond)
    }
  }

  /// A number of requests, far above any that an engine could hold at most.
  private static func count(_ value: Double) -> Int {
    Int(min(max(value, 0), 1e9))
  }
}
