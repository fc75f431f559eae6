extension JSONFields {
  /// A field a router reads or writes; every other field of a body is only passed on.
  ///
  /// The names are those of OpenAI's API, of vLLM 0.32 and of SGLang.
  public enum Key: UInt8, CaseIterable, Sendable {
    /// The model's name.
    case model
    /// Whether tokens are streamed as events.
    case stream
    /// What a stream carries besides tokens (usage).
    case streamOptions
    /// Upper bound of output tokens: completions, older chat, engine-native calls.
    case maxTokens
    /// Upper bound of output tokens: newer chat.
    case maxCompletionTokens
    /// Upper bound of output tokens: `/v1/responses`.
    case maxOutputTokens
    /// Lower bound of output tokens (vLLM).
    case minTokens
    /// How many answers.
    case n
    /// How many candidates the answers are chosen from.
    case bestOf
    /// The text or tokens of a completion.
    case prompt
    /// The turns of a chat.
    case messages
    /// The text of `/v1/responses` or of embeddings.
    case input
    /// The text of SGLang's `/generate`; the text format of `/v1/responses`.
    case text
    /// Prompt tokens of SGLang's `/generate`.
    case inputIds
    /// Whether the prompt is repeated in the answer.
    case echo
    /// Whether, or how many, log-probabilities of output tokens.
    case logprobs
    /// How many log-probabilities of prompt tokens (vLLM).
    case promptLogprobs
    /// The KV handle (vLLM).
    case kvTransferParams
    /// Extra arguments handed through to vLLM.
    case vllmXargs
    /// The end user's name.
    case user
    /// The conversation's name.
    case sessionId
    /// The end user's name, as some clients of the baseline write it.
    case userId
    /// SGLang's session.
    case sessionParams
    /// Scheduling priority.
    case priority
    /// Secret that separates prefix caches.
    case cacheSalt
    /// Whether beam search is used (vLLM).
    case useBeamSearch
    /// The object that holds the limits in engine-native calls.
    case samplingParams
    /// SGLang's request name.
    case rid
    /// The tools a chat may call.
    case tools
    /// Where SGLang's prefill engine is met.
    case bootstrapHost
    /// Port of `bootstrap_host`.
    case bootstrapPort
    /// The number both legs of SGLang's transfer share.
    case bootstrapRoom
    /// Whether the answer carries token ids (vLLM).
    case returnTokenIds
    /// The request's name (vLLM).
    case requestId
    /// SGLang's adapter.
    case loraPath
    /// Whether the chat template opens the answer's turn.
    case addGenerationPrompt
    /// Texts that end the output.
    case stop
    /// Token ids that end the output.
    case stopTokenIds
    /// Whether the model's own end of text is passed over.
    case ignoreEos
    /// The prompt's token ids, as an answer repeats them and a decode leg is given them (vLLM).
    case promptTokenIds

    /// The name as it stands in JSON.
    @inlinable
    public var name: StaticString {
      switch self {
      case .model: "model"
      case .stream: "stream"
      case .streamOptions: "stream_options"
      case .maxTokens: "max_tokens"
      case .maxCompletionTokens: "max_completion_tokens"
      case .maxOutputTokens: "max_output_tokens"
      case .minTokens: "min_tokens"
      case .n: "n"
      case .bestOf: "best_of"
      case .prompt: "prompt"
      case .messages: "messages"
      case .input: "input"
      case .text: "text"
      case .inputIds: "input_ids"
      case .echo: "echo"
      case .logprobs: "logprobs"
      case .promptLogprobs: "prompt_logprobs"
      case .kvTransferParams: "kv_transfer_params"
      case .vllmXargs: "vllm_xargs"
      case .user: "user"
      case .sessionId: "session_id"
      case .userId: "user_id"
      case .sessionParams: "session_params"
      case .priority: "priority"
      case .cacheSalt: "cache_salt"
      case .useBeamSearch: "use_beam_search"
      case .samplingParams: "sampling_params"
      case .rid: "rid"
      case .tools: "tools"
      case .bootstrapHost: "bootstrap_host"
      case .bootstrapPort: "bootstrap_port"
      case .bootstrapRoom: "bootstrap_room"
      case .returnTokenIds: "return_token_ids"
      case .requestId: "request_id"
      case .loraPath: "lora_path"
      case .addGenerationPrompt: "add_generation_prompt"
      case .stop: "stop"
      case .stopTokenIds: "stop_token_ids"
      case .ignoreEos: "ignore_eos"
      case .promptTokenIds: "prompt_token_ids"
      }
    }
  }
}
