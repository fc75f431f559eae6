internal import Vocabulary

/// A deterministic, reversible tokenizer that needs no files.
///
/// Text is cut into words (with the space before them), digits, runs of white space and single
/// punctuation marks. A word of `EngineWords` is one token; any other piece becomes tokens that
/// carry its bytes: four ASCII bytes or up to three bytes of anything. So English comes to roughly
/// four characters a token, ids are the same on every engine, and every token sequence made here
/// gives its text back. Cost is linear in the text, with no allocation but the result.
package enum EngineTokenizer {
  /// The token that ends an answer.
  package static var endOfSequence: UInt32 { 2 }
  /// The id of the first vocabulary word; ids below are special and have no text.
  package static var firstWord: UInt32 { 3 }
  /// Ids at and above this one are out of vocabulary.
  package static var vocabularySize: UInt32 { 0x2000_0000 }

  private static var firstBareWord: UInt32 { firstWord + UInt32(EngineWords.count) }
  private static var fourBytes: UInt32 { 0x1000_0000 }

  /// The token ids of `text`.
  package static func tokens(of text: String) -> [UInt32] {
    var text = text
    return text.withUTF8 { bytes in
      var ids: [UInt32] = []
      ids.reserveCapacity(bytes.count / 4 + 1)
      let places = EngineWords.places
      var start = 0
      while start < bytes.count {
        let end = endOfPiece(at: start, in: bytes)
        append(UnsafeBufferPointer(rebasing: bytes[start..<end]), places, to: &ids)
        start = end
      }
      return ids
    }
  }

  /// The text of `tokens`: their bytes joined, ill-formed UTF-8 replaced.
  ///
  /// Special tokens give no text; ids nothing was ever encoded to give `<id>`.
  package static func text(of tokens: some Sequence<UInt32>) -> String {
    var bytes: [UInt8] = []
    for token in tokens { appendBytes(of: token, to: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text of one token the simulated model produced; allocates nothing for a word.
  package static func text(of token: UInt32) -> String {
    if token >= firstWord && token < firstBareWord {
      return EngineWords.spaced[Int(token - firstWord)]
    }
    return text(of: CollectionOfOne(token))
  }

  private static func append(
    _ piece: UnsafeBufferPointer<UInt8>, _ places: [UInt64: UInt32], to ids: inout [UInt32]
  ) {
    let isSpaced = piece.count > 1 && piece[0] == UInt8(ascii: " ")
    let word = isSpaced ? UnsafeBufferPointer(rebasing: piece.dropFirst()) : piece
    if word.count <= 8, let place = places[EngineWords.key(of: word)] {
      ids.append((isSpaced ? firstWord : firstBareWord) + place)
      return
    }
    var rest = piece[...]
    while !rest.isEmpty {
      let four = rest.prefix(4)
      if four.count == 4 && four.allSatisfy({ $0 < 0x80 }) {
        ids.append(four.reduce(UInt32(1)) { $0 << 7 | UInt32($1) })
        rest = rest.dropFirst(4)
      } else {
        let few = rest.prefix(3)
        ids.append(few.reduce(0) { $0 << 8 | UInt32($1) } | UInt32(few.count) << 24)
        rest = rest.dropFirst(3)
      }
    }
  }

  private static func appendBytes(of token: UInt32, to bytes: inout [UInt8]) {
    let length = Int(token >> 24)
    if token < firstWord {
      return
    } else if token < firstBareWord {
      bytes += EngineWords.spaced[Int(token - firstWord)].utf8
    } else if token < firstBareWord + UInt32(EngineWords.count) {
      bytes += EngineWords.bare[Int(token - firstBareWord)].utf8
    } else if token & 0xF000_0000 == fourBytes {
      for shift in [21, 14, 7, 0] { bytes.append(UInt8(token >> UInt32(shift) & 0x7F)) }
    } else if (1...3).contains(length) {
      for place in (0..<length).reversed() {
        bytes.append(UInt8(truncatingIfNeeded: token >> UInt32(8 * place)))
      }
    } else {
      bytes += "<\(token)>".utf8
    }
  }

  private enum Kind { case letter, digit, space, newline, mark }

  private static func kind(of byte: UInt8) -> Kind {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...:
      .letter
    case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
    case UInt8(ascii: " "), UInt8(ascii: "\t"): .space
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"): .newline
    default: .mark
    }
  }

  // A space before a word belongs to it; of a longer run, the last space does.
  private static func endOfPiece(at start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let first = kind(of: bytes[start])
    if first == .mark { return start + 1 }
    var end = run(of: first, from: start, in: bytes)
    guard first == .space, end < bytes.count, bytes[end - 1] == UInt8(ascii: " ") else {
      return end
    }
    let next = kind(of: bytes[end])
    guard next == .letter || next == .digit else { return end }
    if end - start > 1 { return end - 1 }
    end = run(of: next, from: end, in: bytes)
    return end
  }

  private static func run(
    of wanted: Kind, from start: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Int {
    var end = start
    while end < bytes.count && kind(of: bytes[end]) == wanted { end += 1 }
    return end
  }
}
