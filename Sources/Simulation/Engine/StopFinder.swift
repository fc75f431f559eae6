/// Finds stop texts in an answer as it grows, and holds back text that may yet become one.
///
/// As vLLM does, it keeps back as many bytes as the longest stop text has, less one, unless the
/// stop text is to be shown. Owns only that tail; cost is the tail times the stop texts, per token.
struct StopFinder: Sendable {
  private let stops: [[UInt8]]
  private let includesStop: Bool
  private let tail: Int
  // The last bytes of the answer; the first `sent` of them were given out.
  private var window: [UInt8] = []
  private var sent = 0

  /// A finder for `stops`, none of them empty.
  init(stops: [String], includesStop: Bool) {
    precondition(!stops.isEmpty && stops.allSatisfy { !$0.isEmpty })
    self.stops = stops.map { Array($0.utf8) }
    self.includesStop = includesStop
    tail = self.stops.reduce(0) { max($0, $1.count) } - 1
  }

  /// What may be sent after `text` was generated, and the stop text that is now complete.
  ///
  /// Without `mayStop` (before `min_tokens`) nothing stops.
  mutating func take(_ text: String, mayStop: Bool) -> (text: String, stop: String?) {
    window += text.utf8
    if mayStop, let (stop, start) = firstMatch() {
      let out = release(upTo: includesStop ? start + stop.count : start)
      return (out, String(decoding: stop, as: UTF8.self))
    }
    return (release(upTo: includesStop ? window.count : window.count - tail), nil)
  }

  /// Everything still held back: the answer ended otherwise.
  mutating func flush() -> String {
    release(upTo: window.count)
  }

  private mutating func release(upTo end: Int) -> String {
    guard end > sent else { return "" }
    let out = String(decoding: window[sent..<end], as: UTF8.self)
    sent = end
    let surplus = min(sent, max(0, window.count - tail))
    window.removeFirst(surplus)
    sent -= surplus
    return out
  }

  private func firstMatch() -> (stop: [UInt8], start: Int)? {
    for stop in stops where stop.count <= window.count {
      for start in 0...(window.count - stop.count)
      where window[start..<start + stop.count].elementsEqual(stop) {
        return (stop, start)
      }
    }
    return nil
  }
}
