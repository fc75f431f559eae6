/// Chunks as engines write them.
enum StreamSample {
  static let role =
    #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":"#
    + #"[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"#
    + #""finish_reason":null}],"prompt_token_ids":null}"#

  /// The role chunk of a stream with `continuous_usage_stats`, with the prompt's ids.
  static let roleWithUsage =
    #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":"#
    + #"[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"#
    + #""finish_reason":null}],"usage":{"prompt_tokens":3,"total_tokens":3,"completion_tokens":0},"#
    + #""prompt_token_ids":[1,2,3],"prompt_text":null}"#

  /// What a completion stream starts with when decode computes the prompt after all.
  static let emptyCompletion =
    #"{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"#
    + #""text":"","logprobs":null,"finish_reason":null,"stop_reason":null,"#
    + #""prompt_token_ids":[1,2,3],"token_ids":[]}]}"#

  static func chat(_ content: String) -> String {
    #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":"#
      + #"[{"index":0,"delta":{"content":"\#(content)"},"logprobs":null,"finish_reason":null,"#
      + #""token_ids":null}]}"#
  }

  static let finish =
    #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":"#
    + #"[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"stop"}]}"#

  static let usage =
    #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":"#
    + #"[],"usage":{"prompt_tokens":3,"total_tokens":5,"completion_tokens":2}}"#

  static let error =
    #"{"error": {"message": "Internal server error", "type": "InternalServerError", "#
    + #""param": null, "code": 500}}"#

  static func completion(_ text: String, finish: String = "null") -> String {
    #"{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"#
      + #""text":"\#(text)","logprobs":null,"finish_reason":\#(finish),"stop_reason":null,"#
      + #""token_ids":null}],"usage":null}"#
  }
}
