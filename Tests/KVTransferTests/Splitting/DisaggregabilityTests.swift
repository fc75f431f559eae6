import JSONFields
import KVTransfer
import Testing

struct DisaggregabilityTests {
  private func verdict(_ shape: BodyShape, _ text: String) throws -> WholeReason? {
    try withBytes(of: text) { body in
      Disaggregability(of: try JSONFields(validating: body), in: body, shape: shape).wholeReason
    }
  }

  @Test(
    arguments: [
      (.completions, #"{"prompt":"a"}"#),
      (.completions, #"{"prompt":[1,2,3]}"#),
      (.completions, #"{"prompt":[ 1 ]}"#),
      (.completions, #"{"prompt":[ -1 ]}"#),
      (.completions, #"{"prompt":"a","n":1,"best_of":1,"echo":false,"use_beam_search":false}"#),
      (.completions, #"{"prompt":"a","n":null,"best_of":null,"echo":null,"prompt_logprobs":null}"#),
      (.completions, #"{"prompt":"a","n":1.0,"max_tokens":16.0}"#),
      (.completions, #"{"prompt":"a","n":2,"n":1}"#),
      (.completions, #"{"prompt":"a","max_tokens":1}"#),
      (.completions, #"{"prompt":"a","max_tokens":null,"min_tokens":0}"#),
      (.completions, #"{"prompt":"a","max_tokens":8,"min_tokens":8}"#),
      (.completions, #"{"prompt":"a","logprobs":5}"#),
      (.chat, #"{"messages":[{"role":"user","content":"a"}]}"#),
      (.chat, #"{"messages":[{}],"stream":true,"stream_options":{"include_usage":true}}"#),
      (.chat, #"{"messages":[{}],"max_tokens":4,"max_completion_tokens":9,"min_tokens":6}"#),
      (.chat, #"{"messages":[{}],"logprobs":true,"top_logprobs":3,"tools":[]}"#),
      (.generate, #"{"prompt":"a"}"#),
      (.generate, #"{"text":"a"}"#),
      (.generate, #"{"input_ids":[5]}"#),
      (.responses, #"{"input":"a"}"#),
      (.responses, #"{"input":[{"role":"user"}],"background":false,"previous_response_id":null}"#),
      (.tokensInOut, #"{"token_ids":[1]}"#),
      (.tokensInOut, #"{"token_ids":[1],"sampling_params":{"n":1,"max_tokens":9,"min_tokens":9}}"#),
      (.tokensInOut, #"{"token_ids":[1],"sampling_params":null}"#),
    ] as [(BodyShape, String)])
  func `a request of one prompt and one answer may be split`(
    shape: BodyShape, body: String
  ) throws {
    #expect(try verdict(shape, body) == nil)
  }

  @Test(
    arguments: [
      (.completions, #"{"prompt":"a","n":2}"#, .severalAnswers),
      (.completions, #"{"prompt":"a","n":"2"}"#, .severalAnswers),
      (.completions, #"{"prompt":"a","n":0}"#, .severalAnswers),
      (.completions, #"{"prompt":"a","n":1e400}"#, .severalAnswers),
      (.completions, #"{"prompt":"a","n":1,"\u006e":3}"#, .severalAnswers),
      (.chat, #"{"messages":[{}],"n":2}"#, .severalAnswers),
      (.tokensInOut, #"{"token_ids":[1],"sampling_params":{"n":2}}"#, .severalAnswers),
      (.completions, #"{"prompt":"a","best_of":2}"#, .bestOf),
      (.completions, #"{"prompt":"a","use_beam_search":true}"#, .beamSearch),
      (.chat, #"{"messages":[{}],"use_beam_search":"yes"}"#, .beamSearch),
      (.completions, #"{"prompt":"a","echo":true}"#, .echo),
      (.chat, #"{"messages":[{}],"echo":1}"#, .echo),
      (.completions, #"{"prompt":"a","prompt_logprobs":0}"#, .promptLogprobs),
      (.tokensInOut, #"{"sampling_params":{"prompt_logprobs":1}}"#, .promptLogprobs),
      (.completions, #"{"prompt":["a","b"]}"#, .promptList),
      (.completions, #"{"prompt":["a"]}"#, .promptList),
      (.completions, #"{"prompt":[[1,2],[3]]}"#, .promptList),
      (.completions, "{\"prompt\":[\n\t [1]]}", .promptList),
      (.generate, #"{"text":["a","b"]}"#, .promptList),
      (.generate, #"{"input_ids":[[1]]}"#, .promptList),
      (.completions, #"{}"#, .noPrompt),
      (.completions, #"{"prompt":null}"#, .noPrompt),
      (.completions, #"{"prompt":""}"#, .noPrompt),
      (.completions, #"{"prompt":[ ]}"#, .noPrompt),
      (.completions, #"{"prompt":5}"#, .noPrompt),
      (.completions, #"{"prompt_embeds":"AAAA"}"#, .noPrompt),
      (.chat, #"{"messages":[]}"#, .noPrompt),
      (.chat, #"{"messages":"a"}"#, .noPrompt),
      (.chat, #"{"prompt":"a"}"#, .noPrompt),
      (.responses, #"{"input":""}"#, .noPrompt),
      (.generate, #"{"stream":true}"#, .noPrompt),
      (.completions, #"{"prompt":"a","max_tokens":0}"#, .maskedFault),
      (.completions, #"{"prompt":"a","max_tokens":-1}"#, .maskedFault),
      (.completions, #"{"prompt":"a","max_tokens":"5"}"#, .maskedFault),
      (.completions, #"{"prompt":"a","max_tokens":1.5}"#, .maskedFault),
      (.completions, #"{"prompt":"a","max_tokens":4,"min_tokens":5}"#, .maskedFault),
      (.completions, #"{"prompt":"a","min_tokens":-1}"#, .maskedFault),
      (.chat, #"{"messages":[{}],"max_completion_tokens":0}"#, .maskedFault),
      (.chat, #"{"messages":[{}],"stream":"true"}"#, .maskedFault),
      (.chat, #"{"messages":[{}],"stream_options":{"include_usage":true}}"#, .maskedFault),
      (.responses, #"{"input":"a","max_output_tokens":0}"#, .maskedFault),
      (.tokensInOut, #"{"sampling_params":[]}"#, .maskedFault),
      (.tokensInOut, #"{"sampling_params":{"max_tokens":0}}"#, .maskedFault),
      (.responses, #"{"input":"a","background":true}"#, .background),
      (.responses, #"{"input":"a","previous_response_id":"resp_1"}"#, .previousResponse),
    ] as [(BodyShape, String, WholeReason)])
  func `a request that splitting would get wrong is served whole, with the reason`(
    shape: BodyShape, body: String, reason: WholeReason
  ) throws {
    #expect(try verdict(shape, body) == reason)
  }

  @Test func `every reason has its own name`() {
    let names = WholeReason.allCases.map { "\($0.name)" }
    #expect(Set(names).count == names.count)
  }
}
