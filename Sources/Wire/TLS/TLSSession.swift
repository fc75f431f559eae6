internal import COpenSSL
public import Vocabulary

/// One TLS connection as a machine of bytes: ciphertext in, plaintext out, and the reverse.
///
/// Does no I/O and knows no clock. `feed` lends it what came, `read` turns that into plaintext
/// until there is none left, and whatever is to be sent on the way is appended to the caller's
/// buffer, where it is the caller's. Idle, it holds what the library keeps of a session and no
/// records. After a failure it only gives the alert that is to be sent. Confined to one thread; the
/// context may be shared.
public final class TLSSession {
  private enum State {
    case handshaking
    case established
    case failed
  }

  /// Largest plaintext of a record (RFC 8446 §5.1).
  public static let recordSize = 16_384

  private let ssl: OpaquePointer
  private let port: UnsafeMutablePointer<TLSPort>
  private var state = State.handshaking
  private let wantedName: String?
  /// Whether the library takes that name; it has a limit of 255 bytes.
  private let isNameUsable: Bool
  /// Why the session has failed, while plaintext from before that is being handed over.
  private var heldFailure: TLSFailure?
  /// Whether bytes of the peer have come.
  private var hasHeard = false
  /// Whether the peer has said that nothing more comes.
  public private(set) var hasReceivedClose = false
  /// Whether the peer was told that nothing more comes.
  public private(set) var hasSentClose = false

  /// A server's end of a session.
  public init(serving context: TLSContext) {
    precondition(context.side == .server, "a server has a server's context")
    (ssl, port) = TLSSession.make(context)
    wantedName = nil
    isNameUsable = true
    SSL_set_accept_state(ssl)
  }

  /// A client's end of a session with the server at `host`, a name or an IP address, which its
  /// certificate must be for; takes up what `resumption` remembers, and leaves its tickets there.
  public init(to host: String, context: TLSContext, resumption: TLSResumption? = nil) {
    precondition(context.side == .client, "a client has a client's context")
    (ssl, port) = TLSSession.make(context)
    wantedName = host
    SSL_set_connect_state(ssl)
    isNameUsable = TLSSession.demand(host, of: ssl)
    port.pointee.resumption = resumption
    resumption?.offer(to: ssl, of: context)
  }

  deinit {
    // Else the library takes a session that was not closed for one that must not be taken up; that
    // rule went with TLS 1.1 (RFC 4346 §7.2.1).
    if isEstablished { SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
    SSL_free(ssl)
    port.deinitialize(count: 1)
    port.deallocate()
  }

  private static func make(
    _ context: TLSContext
  ) -> (OpaquePointer, UnsafeMutablePointer<TLSPort>) {
    guard let ssl = SSL_new(context.library) else { preconditionFailure("no memory for TLS") }
    let port = UnsafeMutablePointer<TLSPort>.allocate(capacity: 1)
    port.initialize(to: TLSPort(context: context))
    let bio = TLSTransport.make(port)
    // One BIO for both directions; the session takes the only reference.
    SSL_set_bio(ssl, bio, bio)
    TLSCallbacks.attach(port, to: ssl)
    return (ssl, port)
  }

  /// Asks for the certificate of `host` and refuses any other (RFC 6125); a name is also said in
  /// clear (SNI), an address is not (RFC 6066 §3).
  private static func demand(_ host: String, of ssl: OpaquePointer) -> Bool {
    if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 { return true }
    ERR_clear_error()
    // The dot of a fully qualified name is no part of it in certificates.
    let name = host.last == "." ? String(host.dropLast()) : host
    SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    return SSL_set1_host(ssl, name) == 1 && COpenSSL_setServerName(ssl, name) == 1
  }

  /// Whether the handshake is complete.
  public var isEstablished: Bool {
    if case .established = state { true } else { false }
  }

  /// What both sides agreed to speak; nil before they have, or when nothing was said.
  public var negotiatedProtocol: TLSProtocol? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &count)
    guard let name, count > 0 else { return nil }
    let bytes = UnsafeBufferPointer(start: name, count: Int(count))
    return TLSProtocol.allCases.first { $0.rawValue.utf8.elementsEqual(bytes) }
  }

  /// Whether an earlier session was taken up.
  public var isResumed: Bool { SSL_session_reused(ssl) == 1 }

  /// The version, such as `TLSv1.3`.
  public var version: String { String(cString: SSL_get_version(ssl)) }

  /// The subject of the certificate that the peer has shown, on one line; nil without one.
  public var peerSubject: String? {
    guard let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
    return TLSLibrary.subject(of: certificate)
  }
}

// MARK: - Bytes

extension TLSSession {
  /// Begins the handshake of a client; a server waits for its peer.
  public func start(sending output: inout ByteBuffer) throws(TLSFailure) {
    guard isNameUsable else {
      state = .failed
      throw .wrongName(subject: "nobody", wanted: String((wantedName ?? "").prefix(256)))
    }
    try lend(&output) { () throws(TLSFailure) in try shakeHands() }
  }

  /// Takes what came from the peer; `read` until it gives 0, before those bytes go away.
  public func feed(_ ciphertext: UnsafeRawBufferPointer) {
    precondition(port.pointee.input.isEmpty, "what came before is read before more is fed")
    port.pointee.input = ciphertext
  }

  /// What was fed and has not been read; none of it is read later.
  public func takeRest() -> UnsafeRawBufferPointer {
    let rest = port.pointee.input
    port.pointee.input = UnsafeRawBufferPointer(start: nil, count: 0)
    return rest
  }

  /// Goes on with the handshake, or fills `plaintext` from what was fed.
  ///
  /// Stops after the handshake, so that its end can be told before the first plaintext.
  ///
  /// - Returns: how many bytes of plaintext there are; 0 when more ciphertext is needed, or the
  ///   handshake has just been completed.
  /// - Throws: `TLSFailure` when the session is over; `output` may hold an alert for the peer.
  public func read(
    into plaintext: UnsafeMutableRawBufferPointer, sending output: inout ByteBuffer
  ) throws(TLSFailure) -> Int {
    if !hasHeard, let failure = lookAtFirstBytes() {
      state = .failed
      throw failure
    }
    var count = 0
    try lend(&output) { () throws(TLSFailure) in
      switch state {
      case .handshaking: try shakeHands()
      case .established: count = try decrypt(into: plaintext)
      case .failed: if let heldFailure { throw heldFailure }
      }
    }
    return count
  }

  /// Encrypts `plaintext` in records of 16 KiB at most; precondition: established.
  public func write(
    _ plaintext: UnsafeRawBufferPointer, sending output: inout ByteBuffer
  ) throws(TLSFailure) {
    guard isEstablished, !hasSentClose, plaintext.count > 0 else { return }
    try lend(&output) { () throws(TLSFailure) in
      ERR_clear_error()
      var written = 0
      // The transport takes everything, so one call writes it all.
      guard SSL_write_ex(ssl, plaintext.baseAddress, plaintext.count, &written) == 1 else {
        throw fail()
      }
      precondition(written == plaintext.count, "a write without partial writes is whole")
    }
  }

  /// Tells the peer that nothing more comes; once, and only of a session that is up.
  public func close(sending output: inout ByteBuffer) {
    guard isEstablished, !hasSentClose else { return }
    hasSentClose = true
    withUnsafeMutablePointer(to: &output) {
      port.pointee.output = $0
      ERR_clear_error()
      _ = SSL_shutdown(ssl)
      ERR_clear_error()
      port.pointee.output = nil
    }
  }

  /// The transport has ended: is that the end of the session?
  ///
  /// - Throws: `.endedEarly` or `.truncated` unless the peer has said so inside the session.
  public func endTransport() throws(TLSFailure) {
    switch state {
    case .handshaking:
      state = .failed
      throw .endedEarly
    case .established where !hasReceivedClose:
      throw .truncated
    case .established, .failed: break
    }
  }

  private func lend(
    _ output: inout ByteBuffer, _ body: () throws(TLSFailure) -> Void
  ) throws(TLSFailure) {
    try withUnsafeMutablePointer(to: &output) { (pointer) throws(TLSFailure) in
      port.pointee.output = pointer
      defer { port.pointee.output = nil }
      try body()
    }
  }

  private func shakeHands() throws(TLSFailure) {
    ERR_clear_error()
    let status = SSL_do_handshake(ssl)
    if status == 1 {
      state = .established
      return
    }
    guard SSL_get_error(ssl, status) == SSL_ERROR_WANT_READ else { throw fail() }
  }

  private func decrypt(into plaintext: UnsafeMutableRawBufferPointer) throws(TLSFailure) -> Int {
    var count = 0
    while count < plaintext.count, !hasReceivedClose {
      if port.pointee.input.isEmpty, SSL_pending(ssl) == 0 { break }
      ERR_clear_error()
      let room = UnsafeMutableRawBufferPointer(rebasing: plaintext[count...])
      let status = SSL_read(ssl, room.baseAddress, Int32(clamping: room.count))
      if status > 0 {
        count += Int(status)
        continue
      }
      switch SSL_get_error(ssl, status) {
      case SSL_ERROR_WANT_READ: return count
      case SSL_ERROR_ZERO_RETURN: hasReceivedClose = true
      default:
        // What was read before is genuine, and goes first.
        let failure = fail()
        guard count > 0 else { throw failure }
        heldFailure = failure
        return count
      }
    }
    // What comes behind the peer's end means nothing.
    if hasReceivedClose { _ = takeRest() }
    return count
  }
}

// MARK: - Failing

extension TLSSession {
  private func fail() -> TLSFailure {
    let isHandshake = !isEstablished
    state = .failed
    _ = takeRest()
    return reason(isHandshake: isHandshake)
  }

  /// Whether what comes first can be TLS: the library's own words for what is not depend on much.
  private func lookAtFirstBytes() -> TLSFailure? {
    guard let first = port.pointee.input.first else { return nil }
    hasHeard = true
    // Handshake or alert (RFC 8446 §5.1).
    guard first != 22, first != 21 else { return nil }
    // Methods and `HTTP/` are capital letters.
    let isText = port.pointee.input.prefix(3).allSatisfy { (0x41...0x5A).contains($0) }
    _ = takeRest()
    return isText ? .plainHTTP : .notTLS
  }

  private func reason(isHandshake: Bool) -> TLSFailure {
    let code = TLSLibrary.takeError()
    let reason = TLSLibrary.reason(code)
    switch reason {
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return certificateFailure()
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return .noCertificate
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION,
      SSL_R_UNKNOWN_PROTOCOL:
      return .versionTooOld
    case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS,
      SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return .nothingInCommon
    case SSL_R_NO_APPLICATION_PROTOCOL: return .noCommonProtocol
    case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: return .plainHTTP
    case SSL_R_WRONG_VERSION_NUMBER where isHandshake: return .notTLS
    // The library adds an alert's number to this (ssl.h, SSL_AD_REASON_OFFSET).
    case SSL_AD_REASON_OFFSET...(SSL_AD_REASON_OFFSET + 255):
      return .refusedByPeer(alert: TLSLibrary.alert(reason - SSL_AD_REASON_OFFSET))
    default: return .corrupt(detail: TLSLibrary.words(code))
    }
  }

  private func certificateFailure() -> TLSFailure {
    let subject = port.pointee.refusedSubject ?? "unknown"
    let verdict = SSL_get_verify_result(ssl)
    switch Int32(truncatingIfNeeded: verdict) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
      return .unknownAuthority(subject: subject)
    case X509_V_ERR_CERT_HAS_EXPIRED: return .expired(subject: subject)
    case X509_V_ERR_CERT_NOT_YET_VALID: return .notYetValid(subject: subject)
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      return .wrongName(subject: subject, wanted: wantedName ?? "this host")
    default:
      let words = X509_verify_cert_error_string(verdict).map { String(cString: $0) }
      return .badCertificate(subject: subject, detail: words ?? "error \(verdict)")
    }
  }
}
