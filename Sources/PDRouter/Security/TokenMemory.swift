internal import Vocabulary
internal import Wire

/// What all loops know together of bearer tokens: the book of verdicts under a lock, held for one
/// look-up.
final class TokenMemory: Sendable {
  /// Tokens remembered; the one used longest ago makes room.
  static let capacity = 10_000
  /// How long a token that was found valid is taken to be so.
  static let validFor: Duration = .seconds(300)
  /// How long one that was found invalid is refused unasked.
  static let invalidFor: Duration = .seconds(10)

  private let book: Guarded<TokenVerdicts>

  /// A memory of nothing yet.
  init(capacity: Int = TokenMemory.capacity) {
    book = Guarded(TokenVerdicts(capacity: capacity))
  }

  /// Tokens remembered.
  var count: Int { book.withLock { $0.count } }

  /// Whether the token is valid; nil when that is not known (any more).
  func verdict(on digest: SHA256Digest, now: Instant) -> Bool? {
    book.withLock { $0.verdict(on: digest, now: now) }
  }

  /// Notes what was found out at the moment `now`.
  func note(_ digest: SHA256Digest, isValid: Bool, now: Instant) {
    let until = now + (isValid ? TokenMemory.validFor : TokenMemory.invalidFor)
    book.withLock { $0.note(digest, isValid: isValid, until: until) }
  }
}
