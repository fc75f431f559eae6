internal import COpenSSL

/// What a client remembers of its sessions with one server, so that the next connection costs both
/// sides no certificate and no signature.
///
/// Holds the newest ticket; owns one reference. Confined to its loop.
public final class TLSResumption {
  private var session: OpaquePointer?
  /// The context under which it was made: its authorities were those that were asked.
  private weak var context: TLSContext?

  /// Nothing is remembered yet.
  public init() {}

  deinit {
    SSL_SESSION_free(session)
  }

  /// Whether there is something to resume.
  public var isUsable: Bool { session != nil && context != nil }

  /// Forgets everything.
  public func forget() {
    SSL_SESSION_free(session)
    session = nil
  }

  /// Takes a reference over.
  func remember(_ newer: OpaquePointer, of context: TLSContext) {
    SSL_SESSION_free(session)
    session = newer
    self.context = context
  }

  /// Offers what is remembered to the server that `ssl` will speak to; not what another context
  /// was satisfied with.
  func offer(to ssl: OpaquePointer, of context: TLSContext) {
    guard let session, self.context === context, SSL_SESSION_is_resumable(session) == 1
    else { return }
    _ = SSL_set_session(ssl, session)
  }
}
