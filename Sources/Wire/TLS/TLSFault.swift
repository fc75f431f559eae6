/// What is wrong with one file that a TLS context is made of.
public struct TLSFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of faults.
  public enum Problem: Equatable, Sendable {
    /// It cannot be opened; the system's word.
    case unreadable(detail: String)
    /// It holds no certificate in PEM form.
    case noCertificate
    /// It holds no private key in PEM form.
    case noKey
    /// Its private key is locked by a passphrase, which a server has nobody to ask for.
    case lockedKey
    /// Its private key is not that of the certificate in `certificate`.
    case otherKey(certificate: String)
    /// The library does not take it: too weak, malformed.
    case refused(detail: String)
  }

  /// The file, as it was named.
  public let file: String
  /// What is wrong with it.
  public let problem: Problem

  /// The fault, one clause.
  public var description: String {
    switch problem {
    case .unreadable(let detail): "\(file) cannot be read: \(detail)"
    case .noCertificate: "\(file) holds no certificate in PEM form"
    case .noKey: "\(file) holds no private key in PEM form"
    case .lockedKey: "the private key in \(file) is locked by a passphrase; it must not be"
    case .otherKey(let certificate): "the private key in \(file) is not that of \(certificate)"
    case .refused(let detail): "\(file) is not acceptable: \(detail)"
    }
  }
}

/// Everything that is wrong with the files of a TLS context.
public struct TLSFaults: Error, Equatable, Sendable {
  /// The faults, in the order of the files; at least one.
  public let faults: [TLSFault]
}
