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
    var written = 0
    while true {
      var bits = generator.next()
      // Ten groups of six bits; 62 and 63 are thrown away, so that each character is equally
      // likely.
      for _ in 0..<10 {
        let group = Int(truncatingIfNeeded: bits & 63)
        bits &>>= 6
        guard group < 62 else { continue }
        (place + written).storeBytes(of: alphabet.utf8Start[group], as: UInt8.self)
        written &+= 1
        if written == randomCharacterCount { return }
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
