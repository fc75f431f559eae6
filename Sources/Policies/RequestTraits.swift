public import Vocabulary

/// What a policy may know of a request: never its body, only what was derived from it.
///
/// What no policy in use needs (`PolicyNeeds`) is left empty.
public struct RequestTraits: Sendable, Equatable {
  /// Estimated length of the prompt.
  public var promptTokens: TokenCount
  /// The moment of the choice.
  public var now = Instant.zero
  /// Which conversation or client it belongs to; nil when it does not say.
  public var session: SessionKey?
  /// Its prompt in blocks, for what is shared with other prompts.
  public var prefix = PrefixChain()
  /// The hash of the model or adapter it asks for; nil where nobody needs it.
  public var model: UInt64?
  /// The number of the name in its `model`; nil where it names none. Not the same as `model`, which
  /// is a hash of what separates caches.
  public var askedModel: UInt64?
  /// The client's priority in vLLM's sense: lower goes first; 0 where nothing is said.
  public var priority = 0

  /// Whether it goes before ordinary requests, so that only others that do are ahead of it.
  @inlinable
  public var isUrgent: Bool { priority < 0 }

  /// Traits of a request that says nothing but its length, which may not be negative.
  @inlinable
  public init(promptTokens: TokenCount) {
    precondition(promptTokens.number >= 0)
    self.promptTokens = promptTokens
  }
}
