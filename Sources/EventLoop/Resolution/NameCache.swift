internal import Vocabulary

/// What is known of names: answers and failures for a while. Pure; asks nobody, reads no clock.
///
/// Answers serve 30 s, failures 1 s; at most 1,024 names, beyond which the stalest goes. A name
/// whose addresses all refused is forgotten at once: its engine may have moved.
struct NameCache {
  /// What the resolver said of a name.
  enum Answer: Equatable {
    /// At least one address, ports unset, in the order to try.
    case addresses([SocketAddress])
    /// The resolver's word for why there is none (`EAI_NONAME`).
    case failed(detail: String)
  }

  private struct Entry {
    var answer: Answer
    var expiry: Instant
  }

  static let positiveLifetime = Duration.seconds(30)
  static let negativeLifetime = Duration.seconds(1)
  static let capacity = 1024

  private var entries: [String: Entry] = [:]

  /// How many names are held, stale ones included.
  var count: Int { entries.count }

  /// What is known of `name` at `now`; nil when it must be looked up.
  func answer(for name: String, now: Instant) -> Answer? {
    guard let entry = entries[name], now < entry.expiry else { return nil }
    return entry.answer
  }

  /// Remembers the resolver's answer for as long as its kind is good for.
  mutating func remember(_ answer: Answer, for name: String, now: Instant) {
    if entries.count >= NameCache.capacity, entries[name] == nil { makeRoom(now: now) }
    let lifetime =
      switch answer {
      case .addresses(let addresses):
        addresses.isEmpty ? NameCache.negativeLifetime : NameCache.positiveLifetime
      case .failed: NameCache.negativeLifetime
      }
    entries[name] = Entry(answer: answer, expiry: now + lifetime)
    precondition(entries.count <= NameCache.capacity)
  }

  /// Forgets a name, so that the next connection looks it up again.
  mutating func forget(_ name: String) {
    entries[name] = nil
  }

  private mutating func makeRoom(now: Instant) {
    entries = entries.filter { now < $0.value.expiry }
    guard entries.count >= NameCache.capacity else { return }
    let stalest = entries.min { $0.value.expiry < $1.value.expiry }
    if let stalest { entries[stalest.key] = nil }
  }
}
