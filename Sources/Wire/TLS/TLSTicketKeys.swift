internal import COpenSSL
public import Vocabulary

/// The keys of session tickets (RFC 8446 §4.6.1, RFC 5077 §4), shared by all loops and by all
/// contexts that come one after the other, so that a client resumes wherever it lands.
///
/// A key makes tickets for `period` and is taken for `acceptedPeriods` more; then it is forgotten,
/// and with it what could decrypt sessions recorded until then. Lives in memory only: a restart
/// costs each client one full handshake. May be used from any thread; a lock is held for one copy.
public final class TLSTicketKeys: Sendable {
  /// How long one key makes tickets.
  public static let period: Duration = .seconds(3600)
  /// Keys behind the present one that are still taken.
  public static let acceptedPeriods = 2

  /// One key: its public name, and secrets for the cipher and the check.
  struct Key {
    var name = InlineArray<16, UInt8>(repeating: 0)
    var cipher = InlineArray<32, UInt8>(repeating: 0)
    var check = InlineArray<32, UInt8>(repeating: 0)

    /// A key of the system's randomness.
    init() {
      TLSTicketKeys.fill(&name)
      TLSTicketKeys.fill(&cipher)
      TLSTicketKeys.fill(&check)
    }
  }

  private struct State {
    /// The newest first; none until one is needed, since OpenSSL's randomness takes milliseconds to
    /// begin with, and most routers speak no TLS.
    var keys: [Key] = []
    /// When the newest was made, or what time was told last while there is none.
    var madeAt: Instant?
  }

  private let state = Guarded(State())

  /// Keys of which none is made yet.
  public init() {}

  /// Tells the time: a new key is made when the present one has served its period.
  public func advance(to now: Instant) {
    state.withLock { state in
      guard let madeAt = state.madeAt, !state.keys.isEmpty else {
        state.madeAt = now
        return
      }
      let periods = (now - madeAt) / TLSTicketKeys.period
      guard periods >= 1 else { return }
      state.madeAt = now
      // After a long sleep, everything is too old.
      if periods >= Double(TLSTicketKeys.acceptedPeriods + 1) { state.keys.removeAll() }
      state.keys.insert(Key(), at: 0)
      if state.keys.count > TLSTicketKeys.acceptedPeriods + 1 { state.keys.removeLast() }
    }
  }

  /// How many keys are known.
  var count: Int { state.withLock { $0.keys.count } }

  /// The key that makes tickets now.
  var current: Key {
    state.withLock { state in
      if state.keys.isEmpty { state.keys.append(Key()) }
      return state.keys[0]
    }
  }

  /// The key of that name, and whether it is an old one; nil when it is unknown.
  func find(_ name: UnsafePointer<UInt8>) -> (key: Key, isOld: Bool)? {
    state.withLock { state in
      for (place, key) in state.keys.enumerated()
      where (0..<16).allSatisfy({ key.name[$0] == name[$0] }) {
        return (key, place > 0)
      }
      return nil
    }
  }

  private static func fill<let count: Int>(_ bytes: inout InlineArray<count, UInt8>) {
    for place in 0..<count {
      var byte: UInt8 = 0
      let status = RAND_bytes(&byte, 1)
      precondition(status == 1, "without randomness there is no TLS")
      bytes[place] = byte
    }
  }
}
