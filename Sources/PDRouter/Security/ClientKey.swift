internal import Wire

/// One API key that clients may use, under a name for the log.
///
/// Holds the key's digest only: the key itself is forgotten when it has been read.
public struct ClientKey: Equatable, Sendable {
  /// What the log calls whoever uses it; never the key.
  public let name: String
  let digest: SHA256Digest

  /// Bytes of a name.
  static let longestName = 64

  /// A key from its text.
  ///
  /// - Throws: `Fault` for a name or a key that cannot be one; its text never holds the key.
  public init(name: String, key: String) throws(Fault) {
    guard !name.isEmpty, name.utf8.count <= ClientKey.longestName,
      name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw Fault(
        message: "a key's name is 1 to \(ClientKey.longestName) printable characters without space")
    }
    guard BearerToken.canBe(key) else {
      throw Fault(
        message: "a key is 1 to \(BearerToken.longest) printable ASCII characters without space")
    }
    self.name = name
    digest = SHA256Digest(of: key)
  }

  /// Why a text is no key, in words that can follow a place.
  public struct Fault: Error, Equatable {
    /// A clause without the key.
    public let message: String
  }
}
