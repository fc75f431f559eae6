internal import Vocabulary
internal import Wire

/// What was found out about bearer tokens, by their digests, each for a while: a pure book.
///
/// Bounded: when it is full, the token used longest ago is forgotten. Every operation is of
/// constant cost; memory is some 100 bytes a token and never given back.
struct TokenVerdicts {
  private struct Entry {
    var digest: SHA256Digest
    var isValid: Bool
    var until: Instant
    /// Neighbours in the order of use, by their places; -1 at an end.
    var newer: Int
    var older: Int
  }

  private let capacity: Int
  private var places: [SHA256Digest: Int] = [:]
  private var entries: [Entry] = []
  private var newest = -1
  private var oldest = -1

  /// A book of at most `capacity` tokens.
  init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  /// Tokens in it, those included whose verdict is too old.
  var count: Int { entries.count }

  /// Whether the token is valid; nil when that is not known (any more).
  mutating func verdict(on digest: SHA256Digest, now: Instant) -> Bool? {
    guard let place = places[digest], now < entries[place].until else { return nil }
    unlink(place)
    link(place)
    return entries[place].isValid
  }

  /// Notes a verdict that holds until `until`.
  mutating func note(_ digest: SHA256Digest, isValid: Bool, until: Instant) {
    let place: Int
    if let known = places[digest] {
      place = known
      unlink(place)
    } else if entries.count < capacity {
      place = entries.count
      entries.append(
        Entry(digest: digest, isValid: isValid, until: until, newer: -1, older: -1))
    } else {
      place = oldest
      unlink(place)
      places[entries[place].digest] = nil
      entries[place].digest = digest
    }
    places[digest] = place
    entries[place].isValid = isValid
    entries[place].until = until
    link(place)
    precondition(places.count == entries.count, "each token has one entry")
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (entries[place].newer, entries[place].older)
    if newer >= 0 { entries[newer].older = older } else { newest = older }
    if older >= 0 { entries[older].newer = newer } else { oldest = newer }
  }

  private mutating func link(_ place: Int) {
    entries[place].older = newest
    entries[place].newer = -1
    if newest >= 0 { entries[newest].newer = place } else { oldest = place }
    newest = place
  }
}
