public import Vocabulary

/// The `X-Request-Id` of a request whose client sent none: the same on both legs and in the answer.
///
/// A prefix that names the endpoint and 24 random characters of `[A-Za-z0-9]` (142 bits): no
/// address, no time, no counter, so that it tells a client nothing about what stands behind the
/// router.
public enum RequestIdentity {
  /// Random characters after the prefix.
  public static let randomCharacterCount = 24

  /// Appends a new identity for a request to `path` (without query).
  public static func append(
    to buffer: inout ByteBuffer,
    path: UnsafeRawBufferPointer,
    using generator: inout SplitMix64
  ) {
    buffer.append(prefix(of: path))
    let place = buffer.appendUninitialized(randomCharacterCount)
    for start in stride(from: 0, to: randomCharacterCount, by: 8) {
      // Each product's upper half is a character, its lower half what is left of the randomness:
      // 22 bits for the last of eight, so that none is likelier than another by 2^-16.
      var bits = generator.next()
      for index in start..<start + 8 {
        let (group, rest) = bits.multipliedFullWidth(by: 62)
        bits = rest
        (place + index).storeBytes(
          of: alphabet.utf8Start[Int(truncatingIfNeeded: group)], as: UInt8.self)
      }
    }
  }

  private static var alphabet: StaticString {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  }

  /// The prefix the program has always given to requests of `path`.
  static func prefix(of path: UnsafeRawBufferPointer) -> StaticString {
    // Mostly it is this and nothing more.
    if path.isSame(as: "/v1/chat/completions") || contains("/chat/completions", in: path) {
      return "chatcmpl-"
    }
    if contains("/completions", in: path) { return "cmpl-" }
    if contains("/generate", in: path) { return "gnt-" }
    return "req-"
  }

  private static func contains(_ part: StaticString, in path: UnsafeRawBufferPointer) -> Bool {
    let length = part.utf8CodeUnitCount
    guard path.count >= length else { return false }
    for start in 0...(path.count - length) where path[start] == UInt8(ascii: "/") {
      var matched = 0
      while matched < length, path[start + matched] == part.utf8Start[matched] { matched += 1 }
      if matched == length { return true }
    }
    return false
  }
}
