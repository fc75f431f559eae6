/// How many of the bytes that wait in a socket's queue are TLS's own, so that what waits can be
/// told in the writer's bytes.
///
/// Who watches whether a peer takes anything compares what was written with what waits: records
/// must not look like progress. Exact while nothing is taken, in proportion after that. Pure.
struct RecordOverhead: Equatable {
  /// Bytes of TLS among the last `queued` ones.
  private var overhead = 0
  private var queued = 0

  /// With `before` bytes waiting, `plaintext` bytes were written as `ciphertext` ones; `after` wait
  /// now.
  mutating func note(plaintext: Int, ciphertext: Int, before: Int, after: Int) {
    precondition(plaintext <= ciphertext, "a record is longer than what it holds")
    overhead = overhead(in: before) + ciphertext - plaintext
    queued = before + ciphertext
    overhead = overhead(in: after)
    queued = after
  }

  /// How many of the writer's bytes are among `waiting` ones: none only when none wait.
  func plaintext(in waiting: Int) -> Int {
    waiting > 0 ? max(1, waiting - overhead(in: waiting)) : 0
  }

  private func overhead(in waiting: Int) -> Int {
    guard waiting < queued else { return overhead }
    return Int(Double(overhead) * Double(waiting) / Double(queued))
  }
}
