internal import Glibc

extension JSONFields.Key {
  /// The key called `name` (the bytes between the quotes, no escapes); nil for any other name.
  ///
  /// By length first, then one compare of known length with each candidate: the optimizer turns
  /// those into compares of words.
  @inline(__always)
  init?(name: UnsafeRawBufferPointer) {
    guard let base = name.baseAddress, let key = Self.candidate(base, name.count) else {
      return nil
    }
    self = key
  }

  /// The key that `name` says once its escapes are undone; nil when it has none.
  @inline(never)
  init?(escaped name: UnsafeRawBufferPointer) {
    // No known name is longer than 21 bytes, and an escape writes a byte with six at most.
    guard name.count <= 6 * 21, let base = name.baseAddress,
      memchr(base, Int32(UInt8(ascii: "\\")), name.count) != nil
    else { return nil }
    let key = withUnsafeTemporaryAllocation(byteCount: 6 * 21, alignment: 1) { target in
      let count = JSONStringContent.unescape(name, into: target)
      return JSONFields.Key(name: UnsafeRawBufferPointer(rebasing: target[..<count]))
    }
    guard let key else { return nil }
    self = key
  }

  @inline(__always)
  private static func candidate(_ base: UnsafeRawPointer, _ count: Int) -> Self? {
    switch count {
    case 1: pick(.n, base)
    case 3: pick(.rid, base)
    case 4:
      pick(.text, base)
        ?? pick(.echo, base)
        ?? pick(.user, base)
        ?? pick(.stop, base)
    case 5: pick(.model, base) ?? pick(.input, base) ?? pick(.tools, base)
    case 6: pick(.stream, base) ?? pick(.prompt, base)
    case 7: pick(.bestOf, base) ?? pick(.userId, base)
    case 8: pick(.messages, base) ?? pick(.logprobs, base) ?? pick(.priority, base)
    case 9: pick(.inputIds, base) ?? pick(.loraPath, base)
    case 10:
      pick(.maxTokens, base)
        ?? pick(.minTokens, base)
        ?? pick(.vllmXargs, base)
        ?? pick(.sessionId, base)
        ?? pick(.cacheSalt, base)
        ?? pick(.requestId, base)
        ?? pick(.ignoreEos, base)
    case 14:
      pick(.streamOptions, base)
        ?? pick(.sessionParams, base)
        ?? pick(.bootstrapHost, base)
        ?? pick(.bootstrapPort, base)
        ?? pick(.bootstrapRoom, base)
        ?? pick(.stopTokenIds, base)
    case 15:
      pick(.promptLogprobs, base) ?? pick(.useBeamSearch, base) ?? pick(.samplingParams, base)
    case 16: pick(.returnTokenIds, base) ?? pick(.promptTokenIds, base)
    case 17: pick(.maxOutputTokens, base)
    case 18: pick(.kvTransferParams, base)
    case 21: pick(.maxCompletionTokens, base) ?? pick(.addGenerationPrompt, base)
    default: nil
    }
  }

  @inline(__always)
  private static func pick(_ key: Self, _ base: UnsafeRawPointer) -> Self? {
    memcmp(base, key.name.utf8Start, key.name.utf8CodeUnitCount) == 0 ? key : nil
  }
}
