internal import COpenSSL

/// What the library says when something fails.
enum TLSLibrary {
  /// The oldest error of this thread's queue, which is emptied.
  static func takeError() -> UInt {
    let code = ERR_get_error()
    ERR_clear_error()
    return code
  }

  /// The library's words for an error.
  static func words(_ code: UInt) -> String {
    guard code != 0 else { return "no reason was given" }
    return ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
  }

  /// The reason within an error's library.
  static func reason(_ code: UInt) -> Int32 { ERR_GET_REASON(code) }

  /// The name of an alert (RFC 8446 §6.2).
  static func alert(_ number: Int32) -> String {
    // The library has no name for this one.
    if number == SSL_AD_CERTIFICATE_REQUIRED { return "certificate required" }
    let name = SSL_alert_desc_string_long(number).map { String(cString: $0) }
    return name.flatMap { $0 == "unknown" ? nil : $0 } ?? "alert \(number)"
  }

  /// A certificate's subject on one line, 256 bytes at most.
  static func subject(of certificate: OpaquePointer?) -> String {
    guard let certificate, let name = X509_get_subject_name(certificate) else { return "unknown" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 257) { text in
      guard X509_NAME_oneline(name, text.baseAddress, 257) != nil else { return "unknown" }
      let line = String(cString: text.baseAddress!)
      return line.isEmpty ? "(no subject)" : line
    }
  }
}
