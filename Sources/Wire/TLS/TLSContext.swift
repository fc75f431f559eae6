internal import COpenSSL

/// What the sessions of one side have in common: certificates, authorities, ciphers.
///
/// TLS 1.2 and 1.3, ECDHE with AEAD ciphers only (Mozilla's "intermediate" list without
/// finite-field Diffie-Hellman), no renegotiation, no compression, no early data, tickets instead
/// of a session cache. Does not change once made, so loops may share one; making it reads files.
/// Sessions keep it alive.
public final class TLSContext: Sendable {
  /// Which end of its sessions it is.
  public enum Side: Sendable {
    case client, server
  }

  /// Which end of its sessions it is.
  public let side: Side
  /// The certificates that it shows, in the order of the settings.
  public let certificates: [TLSCertificate]
  /// The library's context of the first certificate.
  nonisolated(unsafe) let library: OpaquePointer
  nonisolated(unsafe) private let data: UnsafeMutablePointer<TLSCallbackData>

  // RFC 8446's three are always on; these are for TLS 1.2.
  private static let ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    + "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
  private static let groups = "X25519:P-256"
  /// How long a server's tickets may be used, in seconds: no longer than the oldest key lives.
  private static let ticketLife = 7200

  /// A server's context.
  ///
  /// - Throws: `TLSFaults` with everything that is wrong with its files.
  public static func server(
    _ settings: TLSServerSettings, tickets: TLSTicketKeys
  ) throws(TLSFaults) -> TLSContext {
    precondition(!settings.identities.isEmpty, "a server has a certificate")
    let workshop = TLSWorkshop(protocols: settings.protocols, tickets: tickets)
    for identity in settings.identities {
      let context = workshop.makeContext(TLS_server_method())
      workshop.give(identity, to: context)
      serve(context)
      var authorities: [UInt8] = []
      if let file = settings.clientAuthorities {
        authorities = workshop.trust(file, in: context, namesThem: true)
        TLSCallbacks.verifyPeer(
          of: context, mode: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
      }
      // Who was let in by other authorities does not come back by its ticket.
      workshop.bindTickets(of: context, to: authorities)
    }
    return try workshop.finish(.server)
  }

  private static func serve(_ context: OpaquePointer) {
    COpenSSL_setSessionCacheMode(context, Int(SSL_SESS_CACHE_OFF))
    SSL_CTX_set_timeout(context, ticketLife)
    TLSCallbacks.chooseByName(in: context)
    TLSCallbacks.chooseProtocol(in: context)
    TLSCallbacks.keepTickets(in: context)
  }

  /// A client's context.
  ///
  /// - Throws: `TLSFaults` with everything that is wrong with its files.
  public static func client(_ settings: TLSClientSettings) throws(TLSFaults) -> TLSContext {
    let workshop = TLSWorkshop(protocols: settings.protocols, tickets: nil)
    let context = workshop.makeContext(TLS_client_method())
    if let identity = settings.identity { workshop.give(identity, to: context) }
    if let file = settings.authorities {
      _ = workshop.trust(file, in: context, namesThem: false)
    } else if !settings.acceptsAnything {
      _ = SSL_CTX_set_default_verify_paths(context)
    }
    TLSCallbacks.verifyPeer(
      of: context, mode: settings.acceptsAnything ? SSL_VERIFY_NONE : SSL_VERIFY_PEER)
    TLSCallbacks.keepSessions(in: context)
    let list = TLSProtocol.list(settings.protocols)
    let status = SSL_CTX_set_alpn_protos(context, list, UInt32(list.count))
    precondition(status == 0, "a list of known protocols is well formed")
    return try workshop.finish(.client)
  }

  init(
    _ side: Side, _ data: UnsafeMutablePointer<TLSCallbackData>, _ certificates: [TLSCertificate]
  ) {
    self.side = side
    self.data = data
    self.certificates = certificates
    library = data.pointee.contexts[0]
  }

  deinit {
    data.pointee.free()
    data.deinitialize(count: 1)
    data.deallocate()
  }

  /// What holds for every context.
  static func harden(_ context: OpaquePointer) {
    let isSet =
      COpenSSL_setVersions(context, TLS1_2_VERSION, TLS1_3_VERSION) == 1
      && SSL_CTX_set_cipher_list(context, ciphers) == 1 && COpenSSL_setGroups(context, groups) == 1
    precondition(isSet, "the library knows what TLS 1.2 and 1.3 need")
    COpenSSL_forbidRenegotiationAndCompression(context)
    // An idle session holds no record buffers: 34 KiB less each.
    COpenSSL_setMode(context, Int(SSL_MODE_RELEASE_BUFFERS))
    SSL_CTX_set_quiet_shutdown(context, 0)
  }
}
