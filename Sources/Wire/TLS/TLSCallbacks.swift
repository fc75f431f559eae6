internal import COpenSSL
internal import Glibc
internal import Vocabulary

// Every C callback given to OpenSSL. Each notes or copies something and returns; none calls out.

/// The two ends of the library's transport: bytes lent by the session, read and written in place,
/// so that an idle session holds no buffer of records.
enum TLSTransport {
  /// The one kind of BIO in use; the library copies nothing of it and frees nothing.
  nonisolated(unsafe) private static let method: OpaquePointer = {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "session") else {
      preconditionFailure("no memory for TLS")
    }
    BIO_meth_set_read(method) { bio, bytes, count in
      guard let port = TLSTransport.port(of: bio) else { return -1 }
      COpenSSL_clearRetry(bio)
      let taken = min(Int(count), port.pointee.input.count)
      guard taken > 0, let bytes, let source = port.pointee.input.baseAddress else {
        COpenSSL_setRetryRead(bio)
        return -1
      }
      memcpy(bytes, source, taken)
      port.pointee.input = UnsafeRawBufferPointer(rebasing: port.pointee.input[taken...])
      return Int32(taken)
    }
    BIO_meth_set_write(method) { bio, bytes, count in
      guard let output = TLSTransport.port(of: bio)?.pointee.output else { return -1 }
      output.pointee.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      return count
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    return method
  }()

  /// A BIO over `port`, which outlives it.
  static func make(_ port: UnsafeMutablePointer<TLSPort>) -> OpaquePointer {
    guard let bio = BIO_new(method) else { preconditionFailure("no memory for TLS") }
    BIO_set_data(bio, port)
    BIO_set_init(bio, 1)
    return bio
  }

  private static func port(of bio: OpaquePointer?) -> UnsafeMutablePointer<TLSPort>? {
    BIO_get_data(bio)?.assumingMemoryBound(to: TLSPort.self)
  }
}

/// What a context is asked in the course of handshakes.
enum TLSCallbacks {
  /// The library's slot for data of the application, in contexts and in sessions.
  private static let slot: Int32 = 0

  /// Makes `data` known to the callbacks of `context`.
  static func attach(_ data: UnsafeMutablePointer<TLSCallbackData>, to context: OpaquePointer) {
    let status = SSL_CTX_set_ex_data(context, slot, data)
    precondition(status == 1, "no memory for TLS")
  }

  /// Makes `port` known to the callbacks of `session`.
  static func attach(_ port: UnsafeMutablePointer<TLSPort>, to session: OpaquePointer) {
    let status = SSL_set_ex_data(session, slot, port)
    precondition(status == 1, "no memory for TLS")
  }

  private static func data(of session: OpaquePointer?) -> UnsafeMutablePointer<TLSCallbackData>? {
    SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), slot)?
      .assumingMemoryBound(to: TLSCallbackData.self)
  }

  private static func port(of session: OpaquePointer?) -> UnsafeMutablePointer<TLSPort>? {
    SSL_get_ex_data(session, slot)?.assumingMemoryBound(to: TLSPort.self)
  }

  /// Notes whose certificate is refused; the library's verdict stands.
  static func verifyPeer(of context: OpaquePointer, mode: Int32) {
    SSL_CTX_set_verify(context, mode) { isGood, store in
      guard isGood == 0, let store else { return isGood }
      let session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
      if let port = TLSCallbacks.port(of: session.map { OpaquePointer($0) }) {
        // The peer's own certificate, also when it is one above it that fails.
        port.pointee.refusedSubject = TLSLibrary.subject(of: X509_STORE_CTX_get0_cert(store))
      }
      return isGood
    }
  }

  /// Shows the certificate of the name that the client asks for (RFC 6066 §3), else the default.
  static func chooseByName(in context: OpaquePointer) {
    COpenSSL_setServerNameCallback(
      context,
      { session, _, _ in
        guard let data = TLSCallbacks.data(of: session),
          let name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)
        else { return SSL_TLSEXT_ERR_OK }
        let contexts = data.pointee.contexts
        let isFor = { (context: OpaquePointer) in
          X509_check_host(SSL_CTX_get0_certificate(context), name, strlen(name), 0, nil) == 1
        }
        if let fitting = contexts.first(where: isFor) { SSL_set_SSL_CTX(session, fitting) }
        return SSL_TLSEXT_ERR_OK
      }, nil)
  }

  /// Chooses what is spoken inside; who offers nothing known is refused (RFC 7301 §3.2).
  static func chooseProtocol(in context: OpaquePointer) {
    SSL_CTX_set_alpn_select_cb(
      context,
      { session, chosen, length, offered, offeredCount, _ in
        guard let data = TLSCallbacks.data(of: session), let chosen else {
          return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        let known = data.pointee.protocols
        var choice: UnsafeMutablePointer<UInt8>?
        let verdict = SSL_select_next_proto(
          &choice, length, known.baseAddress, UInt32(known.count), offered, offeredCount)
        guard verdict == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        chosen.pointee = UnsafePointer(choice)
        return SSL_TLSEXT_ERR_OK
      }, nil)
  }

  /// Encrypts and decrypts session tickets: AES-256-CBC, then HMAC-SHA256 (RFC 5077 §4).
  static func keepTickets(in context: OpaquePointer) {
    let status = SSL_CTX_set_tlsext_ticket_key_evp_cb(context) {
      session, name, iv, cipher, mac, encrypts in
      guard let name, let iv, let keys = TLSCallbacks.data(of: session)?.pointee.tickets else {
        return -1
      }
      if encrypts == 1 {
        let key = keys.current
        for place in 0..<16 { name[place] = key.name[place] }
        guard RAND_bytes(iv, 16) == 1 else { return -1 }
        return TLSCallbacks.use(key, iv, cipher, mac, encrypts: true) ? 1 : -1
      }
      guard let (key, isOld) = keys.find(name) else { return 0 }
      guard TLSCallbacks.use(key, iv, cipher, mac, encrypts: false) else { return -1 }
      // Tickets of TLS 1.3 are used once (RFC 8446 §C.4), so each is answered with another.
      return isOld || SSL_version(session) == TLS1_3_VERSION ? 2 : 1
    }
    precondition(status == 1, "tickets are part of the library")
  }

  private static func use(
    _ key: TLSTicketKeys.Key, _ iv: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer?,
    _ mac: OpaquePointer?, encrypts: Bool
  ) -> Bool {
    withUnsafeBytes(of: key.cipher) { cipherKey in
      withUnsafeBytes(of: key.check) { checkKey in
        let secret = cipherKey.bindMemory(to: UInt8.self).baseAddress
        let ready =
          encrypts
          ? EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nil, secret, iv)
          : EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nil, secret, iv)
        return ready == 1 && startCheck(mac, checkKey)
      }
    }
  }

  private static func startCheck(_ mac: OpaquePointer?, _ key: UnsafeRawBufferPointer) -> Bool {
    var digest: [CChar] = Array("SHA256".utf8CString)
    return digest.withUnsafeMutableBufferPointer { digest in
      withUnsafeTemporaryAllocation(of: OSSL_PARAM.self, capacity: 2) { parameters in
        parameters[0] = OSSL_PARAM_construct_utf8_string("digest", digest.baseAddress, 0)
        parameters[1] = OSSL_PARAM_construct_end()
        return EVP_MAC_init(
          mac, key.bindMemory(to: UInt8.self).baseAddress, key.count, parameters.baseAddress) == 1
      }
    }
  }

  /// Keeps the tickets that servers give.
  static func keepSessions(in context: OpaquePointer) {
    COpenSSL_setSessionCacheMode(
      context, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL))
    SSL_CTX_sess_set_new_cb(context) { session, ticket in
      guard let ticket, let port = TLSCallbacks.port(of: session),
        let resumption = port.pointee.resumption
      else { return 0 }
      resumption.remember(ticket, of: port.pointee.context)
      return 1
    }
  }
}
