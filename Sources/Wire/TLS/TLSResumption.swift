internal import COpenSSL

/// What a client remembers of its sessions with one server, so that the next connection costs both
/// sides no certificate and no signature.
///
/// Holds `capacity` tickets, the newest ones: one of TLS 1.3 is used once (RFC 8446 §C.4), so
/// connections that are opened at once need several. Owns a reference to each. Confined to its
/// loop.
public final class TLSResumption {
  /// Tickets that are kept; servers give two for a full handshake.
  static let capacity = 8

  /// The newest last.
  private var tickets: [OpaquePointer] = []
  /// The context under which they were made: its authorities were those that were asked.
  private weak var context: TLSContext?

  /// Nothing is remembered yet.
  public init() {}

  deinit {
    forget()
  }

  /// Whether there is something to resume.
  public var isUsable: Bool { !tickets.isEmpty && context != nil }

  /// Forgets everything.
  public func forget() {
    for ticket in tickets { SSL_SESSION_free(ticket) }
    tickets.removeAll()
  }

  /// Takes a reference over.
  func remember(_ ticket: OpaquePointer, of context: TLSContext) {
    if self.context !== context { forget() }
    self.context = context
    if tickets.count == TLSResumption.capacity { SSL_SESSION_free(tickets.removeFirst()) }
    tickets.append(ticket)
  }

  /// Offers the newest ticket to the server that `ssl` will speak to; none that another context was
  /// satisfied with.
  func offer(to ssl: OpaquePointer, of context: TLSContext) {
    guard self.context === context, let ticket = tickets.last else { return }
    let isUsable = SSL_SESSION_is_resumable(ticket) == 1
    if isUsable { _ = SSL_set_session(ssl, ticket) }
    if isUsable, SSL_SESSION_get_protocol_version(ticket) != TLS1_3_VERSION { return }
    SSL_SESSION_free(tickets.removeLast())
  }
}
