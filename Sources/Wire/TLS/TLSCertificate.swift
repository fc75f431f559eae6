internal import COpenSSL

/// What is known of a certificate that this side shows.
public struct TLSCertificate: Equatable, Sendable {
  /// The file it was read from.
  public let file: String
  /// Its subject on one line.
  public let subject: String
  /// When it ends, in seconds since 1970.
  public let endsAt: Int
  /// Whether that is past, or it does not count yet, as of when it was read.
  public let isOutOfDate: Bool

  init(_ certificate: OpaquePointer, from file: String) {
    self.file = file
    subject = TLSLibrary.subject(of: certificate)
    let start = X509_get0_notBefore(certificate)
    let end = X509_get0_notAfter(certificate)
    isOutOfDate = X509_cmp_current_time(start) > 0 || X509_cmp_current_time(end) < 0
    endsAt = TLSCertificate.seconds(end)
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int {
    let epoch = ASN1_TIME_set(nil, 0)
    defer { ASN1_TIME_free(epoch) }
    var days: Int32 = 0
    var rest: Int32 = 0
    guard ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else { return 0 }
    return Int(days) * 86_400 + Int(rest)
  }
}
