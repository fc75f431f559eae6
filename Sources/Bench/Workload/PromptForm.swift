internal import Vocabulary

/// How a prompt's tokens are written.
package enum PromptForm: String, CaseIterable, Sendable {
  /// As a list of token ids: the engine computes exactly as many as asked for. For
  /// `/v1/completions` only.
  case tokens
  /// As text, a common English word for each token: about as many for most models.
  case words

  /// Ids from the middle of any model's vocabulary (the smallest in use has 32,000): neither
  /// special tokens nor single bytes.
  private static let firstID: UInt64 = 1000
  private static let idCount: UInt64 = 29_000
  private static let vocabulary = """
    the of and to in a is that for it as was with be by on not he his but at are this have from or \
    had an they which one you were all her she there would their we him been has when who will no \
    more if out so up said what its about than into them can only other time new some could these \
    two may first then do any like my now over such our man me even most made after also well \
    many must before back see through way where get much go good our new day same right look think \
    such here take why help put year off three again small every found still between name should \
    home big give air line set own under read last never us left end along while might next sound
    """.split(separator: " ").map { String($0) }

  /// Appends `pieces` as a value of JSON.
  func append(_ pieces: [PromptPiece], to buffer: inout ByteBuffer) {
    switch self {
    case .tokens: appendTokens(pieces, to: &buffer)
    case .words: appendWords(pieces, to: &buffer)
    }
  }

  private func appendTokens(_ pieces: [PromptPiece], to buffer: inout ByteBuffer) {
    var separator = UInt8(ascii: "[")
    for piece in pieces {
      var generator = SplitMix64(seed: piece.seed)
      for _ in 0..<piece.tokens {
        buffer.append(separator)
        separator = UInt8(ascii: ",")
        let id = PromptForm.firstID + generator.next() % PromptForm.idCount
        buffer.append(decimal: Int(id))
      }
    }
    if separator == UInt8(ascii: "[") { buffer.append(separator) }
    buffer.append(UInt8(ascii: "]"))
  }

  private func appendWords(_ pieces: [PromptPiece], to buffer: inout ByteBuffer) {
    let words = PromptForm.vocabulary
    buffer.append(UInt8(ascii: "\""))
    var isFirst = true
    for piece in pieces {
      var generator = SplitMix64(seed: piece.seed)
      for _ in 0..<piece.tokens {
        if !isFirst { buffer.append(UInt8(ascii: " ")) }
        isFirst = false
        buffer.append(words[Int(generator.next() % UInt64(words.count))])
      }
    }
    buffer.append(UInt8(ascii: "\""))
  }
}
