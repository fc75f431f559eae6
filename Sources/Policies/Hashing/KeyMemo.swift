internal import Vocabulary

/// Which member had the highest score for keys that were asked for lately, so that it need not be
/// worked out again.
///
/// What is remembered is what would be found, so it decides nothing; it is forgotten when members
/// change. A key is known by 64 bits of a hash with a secret of the process. Of three keys with the
/// same low bits the one asked for longest ago is forgotten. 192 KB for 16,384 keys, none before
/// the first. Cost: the hash and an array access.
struct KeyMemo: Sendable {
  private static let sets = 1 << 13

  /// Two places for each set, the one used last before the other.
  private var fingerprints: [UInt64] = []
  private var winners: [UInt32] = []

  /// A memo of nothing.
  init() {}

  /// Forgets everything.
  mutating func removeAll() {
    guard !fingerprints.isEmpty else { return }
    self = KeyMemo()
  }

  /// The number of the winner for the key with that hash; nil where it is not remembered.
  mutating func winner(of fingerprint: UInt64) -> UInt32? {
    guard !fingerprints.isEmpty else { return nil }
    let first = KeyMemo.first(of: fingerprint)
    if fingerprints[first] == fingerprint { return winners[first] }
    guard fingerprints[first + 1] == fingerprint else { return nil }
    fingerprints.swapAt(first, first + 1)
    winners.swapAt(first, first + 1)
    return winners[first]
  }

  /// Remembers the winner.
  mutating func note(_ winner: UInt32, of fingerprint: UInt64) {
    if fingerprints.isEmpty {
      // An empty place holds a hash that belongs to another set.
      fingerprints = (0..<2 * KeyMemo.sets).map { UInt64($0 / 2 ^ 1) }
      winners = [UInt32](repeating: 0, count: fingerprints.count)
    }
    let first = KeyMemo.first(of: fingerprint)
    if fingerprints[first] != fingerprint {
      (fingerprints[first + 1], winners[first + 1]) = (fingerprints[first], winners[first])
    }
    (fingerprints[first], winners[first]) = (fingerprint, winner)
  }

  private static func first(of fingerprint: UInt64) -> Int {
    (Int(truncatingIfNeeded: fingerprint) & (sets - 1)) * 2
  }
}
