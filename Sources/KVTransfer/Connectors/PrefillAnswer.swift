public import Vocabulary

/// What a prefill engine's answer says about the KV cache it made.
///
/// Ranges are places in the answer's body, valid as long as the body is.
public struct PrefillAnswer: Sendable, Equatable {
  /// Place of the parameters decode needs, exactly as written; nil when there is no usable handle.
  public var parameters: Range<Int>?
  /// Why there is no usable handle; nil if there is one.
  public var absence: HandleAbsence?
  /// Which incarnation of the engine made it.
  public var engine: KVEngineIdentity?
  /// What decode engines must be told of the prefill engine in advance next time, where the answer
  /// shows that it writes to them (NIXL push).
  public var identity: KVPeerIdentity?
  /// Place of the prompt's token ids (a JSON array), where the answer repeats them.
  public var promptTokenIDs: Range<Int>?
  /// Length of the prompt as the engine counted it (`usage.prompt_tokens`).
  public var promptTokens: TokenCount?
  /// Tokens whose KV cache the handle stands for (`remote_num_tokens`).
  public var transferTokens: TokenCount?
  /// Prompt tokens that prefill found in its own cache (`remote_prefill_cached_tokens`).
  public var cachedTokens: TokenCount?

  /// An answer without a handle, for the reason given.
  public init(absence: HandleAbsence) {
    self.absence = absence
  }

  /// An answer whose parameters lie at `parameters`.
  public init(parameters: Range<Int>) {
    precondition(!parameters.isEmpty)
    self.parameters = parameters
  }
}
