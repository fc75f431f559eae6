internal import JSONFields
internal import Vocabulary

/// How many tokens a prompt has, guessed from its bytes: no tokenizer runs in the router.
///
/// Four bytes of English text make about one token in today's vocabularies; a list of token ids
/// takes about five bytes each. Good for weighing load, not for counting.
enum PromptSize {
  static func estimate(_ fields: JSONFields) -> TokenCount {
    PromptPlace.find(fields).map { TokenCount($0.range.count / 4) } ?? .zero
  }
}
