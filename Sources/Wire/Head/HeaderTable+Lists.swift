// Fields whose values are lists of words.
extension HeaderTable {
  /// Whether a field called `name` lists `word`, which is in lower case, in any case and with any
  /// parameters (RFC 9110 §5.6.1); `base` is the buffer that the fields were parsed from.
  public func lists(
    _ word: StaticString, in name: HeaderName, base: UnsafeRawBufferPointer
  ) -> Bool {
    for index in 0..<count where unchecked(index).known == name {
      if HeaderTable.lists(word, unchecked(index).value.of(base)) { return true }
    }
    return false
  }

  private static func lists(_ word: StaticString, _ value: UnsafeRawBufferPointer) -> Bool {
    guard let base = value.baseAddress else { return false }
    var start = 0
    while start < value.count {
      let comma = ByteSearch.first(UInt8(ascii: ","), base, from: start, to: value.count)
      while start < comma, ASCII.isBlank(value[start]) { start &+= 1 }
      var end = ByteSearch.first(UInt8(ascii: ";"), base, from: start, to: comma)
      while end > start, ASCII.isBlank(value[end &- 1]) { end &-= 1 }
      if ASCII.isSame(base + start, end &- start, ignoringCaseAs: word) { return true }
      start = comma &+ 1
    }
    return false
  }
}
