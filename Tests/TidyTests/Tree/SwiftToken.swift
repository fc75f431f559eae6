/// One word, literal or punctuation mark of Swift source, with the line (from 1) it begins on.
///
/// Comments are no tokens. A string literal is one token, delimiters and interpolations included,
/// and so is a raw identifier in backticks: the words inside are prose and match no rule.
struct SwiftToken: Equatable {
  let text: String
  let line: Int
}
