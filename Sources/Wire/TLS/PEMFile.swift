internal import COpenSSL
internal import Glibc

/// A PEM file, read when its context is made.
struct PEMFile {
  let path: String

  /// Every certificate in it, in order; the caller frees them.
  ///
  /// - Throws: `TLSFault` when it cannot be read, has none, or has a malformed one.
  func certificates() throws(TLSFault) -> [OpaquePointer] {
    let file = try open()
    defer { BIO_free(file) }
    var found: [OpaquePointer] = []
    while let certificate = PEM_read_bio_X509_AUX(file, nil, { _, _, _, _ in 0 }, nil) {
      found.append(certificate)
    }
    // Reading ends with "no start line" behind the last one.
    let error = ERR_peek_last_error()
    ERR_clear_error()
    if TLSLibrary.reason(error) != PEM_R_NO_START_LINE {
      for certificate in found { X509_free(certificate) }
      throw TLSFault(file: path, problem: .refused(detail: TLSLibrary.words(error)))
    }
    guard !found.isEmpty else { throw TLSFault(file: path, problem: .noCertificate) }
    return found
  }

  /// The private key in it; the caller frees it.
  ///
  /// - Throws: `TLSFault` when it cannot be read, has none, or has a locked one.
  func key() throws(TLSFault) -> OpaquePointer {
    let file = try open()
    defer { BIO_free(file) }
    var wasAsked = false
    let key = withUnsafeMutablePointer(to: &wasAsked) { asked in
      // A passphrase that nobody can type is none; without this the library asks the terminal.
      PEM_read_bio_PrivateKey(
        file, nil,
        { _, _, _, asked in
          asked?.storeBytes(of: true, as: Bool.self)
          return -1
        }, asked)
    }
    ERR_clear_error()
    if let key { return key }
    throw TLSFault(file: path, problem: wasAsked ? .lockedKey : .noKey)
  }

  private func open() throws(TLSFault) -> OpaquePointer {
    errno = 0
    let file = BIO_new_file(path, "r")
    let code = errno
    ERR_clear_error()
    guard let file else {
      throw TLSFault(file: path, problem: .unreadable(detail: String(cString: strerror(code))))
    }
    return file
  }
}
