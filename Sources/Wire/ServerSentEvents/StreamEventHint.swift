/// Judges most events of a stream by one look at the place where the last one had its `choices`.
///
/// The chunks of one answer start with the same identity, time and model, so their lists of choices
/// start at the same offset. Only once a whole judgement called such a chunk a token is the place
/// learned; a chunk without the key there, with an empty list, or with the word `abort` as a string
/// is judged in full.
struct StreamEventHint: Sendable {
  /// Bytes of `"choices":[`.
  private static var keyLength: Int { 11 }

  /// Where the key is in an event; 0 when unknown.
  private var place = 0

  /// Judges `event`, quickly where the place is known.
  @inline(__always)
  mutating func kind(of event: UnsafeRawBufferPointer, isWhole: Bool) -> StreamEventKind {
    if place != 0, isKey(event, place), let base = event.baseAddress,
      !AnswerMarks.mayHoldAbort(base, from: place, to: event.count)
    {
      return .token
    }
    return judge(event, isWhole: isWhole)
  }

  /// Whether the bytes are one whole event with its empty line, in two lines that end in LF, that
  /// `kind` would quickly call a token. Where in doubt, they are not.
  @inline(__always)
  func isPlainToken(_ base: UnsafeRawPointer, _ count: Int) -> Bool {
    let end = count &- 2
    guard place >= 24, end >= place &+ 12, ByteSearch.half(base, end) == 0x0A0A else {
      return false
    }
    return isKey(UnsafeRawBufferPointer(start: base, count: end), place)
      && ByteSearch.isPlain(base, from: 0, to: place &+ 8)
      && ByteSearch.isPlain(
        base, from: place, to: end, without: UInt8(ascii: "a"), UInt8(ascii: "b"))
  }

  /// Judges `event` in full and learns from it.
  @inline(never)
  private mutating func judge(
    _ event: UnsafeRawBufferPointer, isWhole: Bool
  ) -> StreamEventKind {
    let kind = StreamEventKind(of: event, isWhole: isWhole)
    if kind == .token { learn(event) }
    return kind
  }

  /// Whether `event` is one line of data, an object with the key and something in its list at
  /// `place`.
  ///
  /// A quotation mark that is not escaped cannot be inside a string, so `,"choices":[{` is a key.
  @inline(__always)
  private func isKey(_ event: UnsafeRawBufferPointer, _ place: Int) -> Bool {
    guard place &+ 12 <= event.count, let base = event.baseAddress else { return false }
    return ByteSearch.word(base, 0) & 0xFF_FFFF_FFFF == 0x3A_6174_6164  // "data:"
      && ByteSearch.byte(base, place &- 1) == UInt8(ascii: ",")
      && ByteSearch.word(base, place) == 0x7365_6369_6F68_6322  // "\"choices"
      && ByteSearch.word(base, place &+ 4) == 0x7B5B_3A22_7365_6369  // "ices\":[{"
  }

  private mutating func learn(_ event: UnsafeRawBufferPointer) {
    place = 0
    guard let base = event.baseAddress else { return }
    var candidate = 8
    while candidate + 12 <= event.count {
      candidate = ByteSearch.first(UInt8(ascii: ","), base, from: candidate, to: event.count) + 1
      if isKey(event, candidate) {
        place = candidate
        return
      }
    }
  }
}
