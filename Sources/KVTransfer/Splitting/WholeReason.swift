/// Why a request is served whole by one decode worker instead of being split.
public enum WholeReason: UInt8, Sendable, CaseIterable {
  /// `n` is more than 1: the answers share one handle, and the first to read it frees the blocks.
  case severalAnswers
  /// `best_of` is more than 1: the same, with the candidates.
  case bestOf
  /// Beam search: prefill hands nothing over.
  case beamSearch
  /// A list of prompts: prefill hands over the first one's cache only, and decode uses it for all.
  case promptList
  /// `echo`: the answer contains the prompt's log-probabilities, which only its prefill knows.
  case echo
  /// `prompt_logprobs`: the same.
  case promptLogprobs
  /// There is nothing to prefill, or nothing the router can see.
  case noPrompt
  /// A field that the prefill leg overwrites holds what an engine may refuse: prefill would accept
  /// the request and decode would not, and the work and the handle would be lost.
  case maskedFault
  /// `background`: the answer comes before any work is done.
  case background
  /// `previous_response_id`: the earlier response is known to one engine only.
  case previousResponse

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .severalAnswers: "several_answers"
    case .bestOf: "best_of"
    case .beamSearch: "beam_search"
    case .promptList: "prompt_list"
    case .echo: "echo"
    case .promptLogprobs: "prompt_logprobs"
    case .noPrompt: "no_prompt"
    case .maskedFault: "masked_fault"
    case .background: "background"
    case .previousResponse: "previous_response"
    }
  }
}
