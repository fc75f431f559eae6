internal import JSONFields
internal import Vocabulary

/// How many tokens a prompt has, guessed from its bytes: no tokenizer runs in the router.
///
/// Four bytes of English text make about one token in today's vocabularies; a list of token ids
/// takes about five bytes each. Good for weighing load, not for counting.
enum PromptSize {
  static func estimate(_ fields: JSONFields) -> TokenCount {
    let span =
      fields[.messages] ?? fields[.prompt] ?? fields[.input] ?? fields[.text] ?? fields[.inputIds]
    guard let span else { return .zero }
    return TokenCount(span.range.count / 4)
  }
}
