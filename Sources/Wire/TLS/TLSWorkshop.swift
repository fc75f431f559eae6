internal import COpenSSL

/// Makes the library's contexts from files, and gathers what is wrong with them.
final class TLSWorkshop {
  private let data: UnsafeMutablePointer<TLSCallbackData>
  private var certificates: [TLSCertificate] = []
  private var faults: [TLSFault] = []

  init(protocols: [TLSProtocol], tickets: TLSTicketKeys?) {
    data = .allocate(capacity: 1)
    data.initialize(to: TLSCallbackData(protocols: protocols, tickets: tickets))
  }

  /// A context with what holds for all; `finish` takes it over.
  func makeContext(_ method: OpaquePointer?) -> OpaquePointer {
    guard let context = SSL_CTX_new(method) else { preconditionFailure("no memory for TLS") }
    data.pointee.contexts.append(context)
    TLSCallbacks.attach(data, to: context)
    TLSContext.harden(context)
    return context
  }

  /// Lets `context` show a certificate.
  func give(_ files: TLSFiles, to context: OpaquePointer) {
    var chain: [OpaquePointer] = []
    var key: OpaquePointer?
    do throws(TLSFault) {
      chain = try PEMFile(path: files.certificate).certificates()
    } catch {
      note(error)
    }
    do throws(TLSFault) {
      key = try PEMFile(path: files.key).key()
    } catch {
      note(error)
    }
    defer {
      for certificate in chain { X509_free(certificate) }
      EVP_PKEY_free(key)
    }
    guard let first = chain.first, let key else { return }
    certificates.append(TLSCertificate(first, from: files.certificate))
    guard X509_check_private_key(first, key) == 1 else {
      ERR_clear_error()
      note(TLSFault(file: files.key, problem: .otherKey(certificate: files.certificate)))
      return
    }
    let isTaken =
      SSL_CTX_use_certificate(context, first) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1
      && chain.dropFirst().allSatisfy { COpenSSL_addChainCertificate(context, $0) == 1 }
    if !isTaken {
      let words = TLSLibrary.words(TLSLibrary.takeError())
      note(TLSFault(file: files.certificate, problem: .refused(detail: words)))
    }
  }

  /// Lets peers' certificates lead to the authorities in `file`; a server names them to clients.
  ///
  /// - Returns: what tells these authorities from others.
  func trust(_ file: String, in context: OpaquePointer, namesThem: Bool) -> [UInt8] {
    var digests: [UInt8] = []
    do throws(TLSFault) {
      for authority in try PEMFile(path: file).certificates() {
        // One that is there twice is no fault.
        _ = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority)
        if namesThem { _ = SSL_CTX_add_client_CA(context, authority) }
        var digest = [UInt8](repeating: 0, count: 32)
        _ = X509_digest(authority, EVP_sha256(), &digest, nil)
        digests += digest
        X509_free(authority)
      }
    } catch {
      note(error)
    }
    ERR_clear_error()
    return digests
  }

  /// Makes a server's tickets count only where the same authorities are asked.
  func bindTickets(of context: OpaquePointer, to authorities: [UInt8]) {
    var name = [UInt8](repeating: 0, count: 32)
    _ = SHA256(authorities, authorities.count, &name)
    let status = SSL_CTX_set_session_id_context(context, name, 32)
    precondition(status == 1, "32 bytes are as many as there may be")
  }

  /// The context, once all of its files are right.
  ///
  /// - Throws: all that is wrong with them.
  func finish(_ side: TLSContext.Side) throws(TLSFaults) -> TLSContext {
    guard faults.isEmpty else {
      data.pointee.free()
      data.deinitialize(count: 1)
      data.deallocate()
      throw TLSFaults(faults: faults)
    }
    return TLSContext(side, data, certificates)
  }

  private func note(_ fault: TLSFault) {
    if !faults.contains(fault) { faults.append(fault) }
  }
}
