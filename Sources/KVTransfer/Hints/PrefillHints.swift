public import Vocabulary

/// What the router tells a prefill engine about the request it sends, so that the engine can cut
/// the prompt into chunks well: estimates, never orders. An engine that knows nothing of them
/// ignores them.
public struct PrefillHints: Sendable, Equatable {
  /// Estimated length of the prompt.
  public let promptTokens: TokenCount
  /// How much of it the engine is expected to have in its prefix cache.
  public let expectedCachedTokens: TokenCount
  /// Prompt tokens sent to the same worker before and not yet computed.
  public let queuedTokensAhead: TokenCount
  /// The chunk that would be fair to everybody (`ChunkRule`).
  public let suggestedChunkTokens: TokenCount

  /// Hints for one prefill leg; the suggested chunk follows from the others by `rule`.
  ///
  /// Negative counts are a fault of ours. More cached than prompt tokens is only a bad estimate: it
  /// counts as the whole prompt.
  public init(
    promptTokens: TokenCount,
    expectedCachedTokens: TokenCount,
    queuedTokensAhead: TokenCount,
    rule: ChunkRule = ChunkRule()
  ) {
    precondition(promptTokens.number >= 0 && expectedCachedTokens.number >= 0)
    precondition(queuedTokensAhead.number >= 0)
    self.promptTokens = promptTokens
    self.expectedCachedTokens = min(expectedCachedTokens, promptTokens)
    self.queuedTokensAhead = queuedTokensAhead
    suggestedChunkTokens = rule.chunk(
      uncached: TokenCount(promptTokens.number - self.expectedCachedTokens.number),
      queuedAhead: queuedTokensAhead)
  }

  /// What the names of all hint fields begin with, in lower case; a client's own fields of such
  /// names are dropped.
  public static let fieldNamePrefix: StaticString = "x-pd-prefill-"

  /// Appends the hints as HTTP/1.1 header lines, each ended by CRLF.
  public func appendHeaderLines(to head: inout ByteBuffer) {
    append("X-PD-Prefill-Prompt-Tokens: ", promptTokens, to: &head)
    append("X-PD-Prefill-Cached-Tokens: ", expectedCachedTokens, to: &head)
    append("X-PD-Prefill-Queue-Tokens: ", queuedTokensAhead, to: &head)
    append("X-PD-Prefill-Chunk-Tokens: ", suggestedChunkTokens, to: &head)
  }

  private func append(_ name: StaticString, _ count: TokenCount, to head: inout ByteBuffer) {
    head.append(name)
    head.append(decimal: count.number)
    head.append("\r\n")
  }

  /// Appends the hints as JSON members without braces: `"pd_prefill_prompt_tokens":…,…`.
  func appendMembers(to json: inout ByteBuffer) {
    json.append("\"pd_prefill_prompt_tokens\":")
    json.append(decimal: promptTokens.number)
    json.append(",\"pd_prefill_cached_tokens\":")
    json.append(decimal: expectedCachedTokens.number)
    json.append(",\"pd_prefill_queue_tokens\":")
    json.append(decimal: queuedTokensAhead.number)
    json.append(",\"pd_prefill_chunk_tokens\":")
    json.append(decimal: suggestedChunkTokens.number)
  }
}
