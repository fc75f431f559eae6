/// One input: a text and, in its last three bytes, what the fuzzer chose besides.
///
/// At the end, so that files of the corpus can be read and written as text.
struct FuzzInput {
  /// What is parsed.
  let text: [UInt8]
  /// Sixteen bits to choose with.
  let number: Int
  /// Eight more.
  let choice: UInt8

  /// Takes `bytes` apart; fewer than three choose nothing.
  init(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 3 else {
      text = Array(bytes)
      (number, choice) = (0, 0)
      return
    }
    let count = bytes.count - 3
    text = Array(bytes[..<count])
    number = Int(bytes[count]) | Int(bytes[count + 1]) << 8
    choice = bytes[count + 2]
  }

  /// A place to cut the text at.
  var cut: Int { number % (text.count + 1) }

  /// Whether bit `index` (0 to 7) of the choice is set.
  func chooses(_ index: Int) -> Bool { choice >> UInt8(index) & 1 == 1 }

  /// The ends of the pieces in which the text arrives: in two, or byte by byte.
  var pieceEnds: [Int] {
    chooses(7) ? Array(stride(from: 1, through: text.count, by: 1)) : [cut, text.count]
  }
}
