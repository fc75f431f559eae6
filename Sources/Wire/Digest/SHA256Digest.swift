internal import COpenSSL

/// The SHA-256 digest of some bytes (FIPS 180-4): what is kept and compared in place of a secret.
///
/// 32 bytes, trivial to copy. Equal bytes have equal digests; nobody can choose bytes whose digest
/// begins like another one, so that a comparison that stops early tells nothing either.
public struct SHA256Digest: Hashable, Sendable {
  private let first: UInt64
  private let second: UInt64
  private let third: UInt64
  private let fourth: UInt64

  /// The digest of `bytes`; costs about a microsecond and nothing stays allocated.
  public init(of bytes: UnsafeRawBufferPointer) {
    (first, second, third, fourth) = withUnsafeTemporaryAllocation(
      byteCount: 32, alignment: 8
    ) { digest in
      var nothing: UInt8 = 0
      let target = digest.baseAddress?.assumingMemoryBound(to: UInt8.self)
      let answer = withUnsafePointer(to: &nothing) { empty in
        let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return SHA256(source ?? empty, bytes.count, target)
      }
      precondition(answer != nil, "SHA-256 is always there")
      return (
        digest.load(fromByteOffset: 0, as: UInt64.self),
        digest.load(fromByteOffset: 8, as: UInt64.self),
        digest.load(fromByteOffset: 16, as: UInt64.self),
        digest.load(fromByteOffset: 24, as: UInt64.self)
      )
    }
  }

  /// The digest of the UTF-8 bytes of `text`.
  public init(of text: String) {
    var text = text
    self = text.withUTF8 { SHA256Digest(of: UnsafeRawBufferPointer($0)) }
  }

  /// 1 when both are the same, else 0, in the same time for all: no branch depends on a digest.
  public func equality(to other: SHA256Digest) -> Int {
    let difference =
      (first ^ other.first) | (second ^ other.second) | (third ^ other.third)
      | (fourth ^ other.fourth)
    // Of a number that is not 0, itself or its negative has the top bit.
    let isDifferent = (difference | (0 &- difference)) &>> 63
    return Int(truncatingIfNeeded: 1 &- isDifferent)
  }
}
