/// Why a TLS session failed, in words fit for a log line.
///
/// Texts from the peer (names in certificates) are cut to 256 bytes; whoever writes them escapes
/// them.
public enum TLSFailure: Error, Equatable, Sendable {
  /// The peer speaks HTTP without TLS.
  case plainHTTP
  /// The peer's first bytes are no TLS record.
  case notTLS
  /// The peer speaks only versions before TLS 1.2.
  case versionTooOld
  /// No cipher, group or signature that both sides know.
  case nothingInCommon
  /// No protocol of ALPN that both sides know (RFC 7301).
  case noCommonProtocol
  /// A client certificate was asked for and none came.
  case noCertificate
  /// The peer's certificate leads to no authority that is trusted here.
  case unknownAuthority(subject: String)
  /// The peer's certificate is out of date.
  case expired(subject: String)
  /// The peer's certificate counts only from a later date on.
  case notYetValid(subject: String)
  /// The peer's certificate is another host's.
  case wrongName(subject: String, wanted: String)
  /// The peer's certificate is not acceptable for another reason.
  case badCertificate(subject: String, detail: String)
  /// The peer ended the session with an alert (RFC 8446 §6.2).
  case refusedByPeer(alert: String)
  /// The connection ended before the session was up.
  case endedEarly
  /// The handshake took too long.
  case timedOut
  /// The connection ended without the peer saying so inside the session: what came may not be all.
  case truncated
  /// Bytes that are not what the peer sent, or not TLS.
  case corrupt(detail: String)

  /// How many labels there are.
  public static let labels: [StaticString] = [
    "plain_http", "not_tls", "version", "no_common_cipher", "no_common_protocol",
    "no_certificate", "unknown_authority", "expired", "not_yet_valid", "wrong_name",
    "bad_certificate", "refused_by_peer", "ended_early", "timed_out", "truncated", "corrupt",
  ]

  /// Its place in `labels`.
  public var labelIndex: Int {
    switch self {
    case .plainHTTP: 0
    case .notTLS: 1
    case .versionTooOld: 2
    case .nothingInCommon: 3
    case .noCommonProtocol: 4
    case .noCertificate: 5
    case .unknownAuthority: 6
    case .expired: 7
    case .notYetValid: 8
    case .wrongName: 9
    case .badCertificate: 10
    case .refusedByPeer: 11
    case .endedEarly: 12
    case .timedOut: 13
    case .truncated: 14
    case .corrupt: 15
    }
  }
}

extension TLSFailure: CustomStringConvertible {
  /// One clause for a log line.
  public var description: String {
    switch self {
    case .plainHTTP: "plain HTTP came where TLS is spoken"
    case .notTLS: "what came is not TLS"
    case .versionTooOld: "the peer speaks no TLS version from 1.2 on"
    case .nothingInCommon: "no cipher or signature that both sides know"
    case .noCommonProtocol: "no application protocol that both sides know"
    case .noCertificate: "the peer showed no certificate"
    case .unknownAuthority(let subject):
      "the certificate of \(subject) leads to no trusted authority"
    case .expired(let subject): "the certificate of \(subject) has expired"
    case .notYetValid(let subject): "the certificate of \(subject) is not valid yet"
    case .wrongName(let subject, let wanted): "the certificate of \(subject) is not for \(wanted)"
    case .badCertificate(let subject, let detail):
      "the certificate of \(subject) is not acceptable: \(detail)"
    case .refusedByPeer(let alert): "the peer refused: \(alert)"
    case .endedEarly: "the connection ended within the handshake"
    case .timedOut: "the handshake took too long"
    case .truncated: "the connection ended without a close_notify"
    case .corrupt(let detail): "broken TLS: \(detail)"
    }
  }
}
