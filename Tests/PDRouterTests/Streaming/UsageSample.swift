@testable import PDRouter

/// Prefill's usage as tests need it.
enum UsageSample {
  /// What an answer with this usage object says.
  static func prefill(_ usage: String) -> PrefillUsage {
    let read = withBytes(of: #"{"usage":\#(usage)}"#) { PrefillUsage(readingFrom: $0) }
    guard let read else { preconditionFailure("no usage: \(usage)") }
    return read
  }

  /// 186 tokens, of which 64 were cached.
  static let cached = prefill(
    #"{"prompt_tokens":186,"total_tokens":187,"completion_tokens":1,"#
      + #""prompt_tokens_details":{"cached_tokens":64}}"#)

  /// 186 tokens, and nothing said of a cache.
  static let silent = prefill(
    #"{"prompt_tokens":186,"prompt_tokens_details":null,"completion_tokens":1}"#)
}
