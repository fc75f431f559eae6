import JSONFields
import KVTransfer
import Testing
import Vocabulary

struct PrefillHintsTests {
  private static let hints = PrefillHints(
    promptTokens: TokenCount(5000), expectedCachedTokens: TokenCount(1000),
    queuedTokensAhead: TokenCount(4000))

  private static let members =
    #""pd_prefill_prompt_tokens":5000,"pd_prefill_cached_tokens":1000,"#
    + #""pd_prefill_queue_tokens":4000,"pd_prefill_chunk_tokens":1024"#

  @Test func `the header lines carry the four numbers`() {
    var head = ByteBuffer()
    head.append("X: y\r\n")
    Self.hints.appendHeaderLines(to: &head)
    #expect(
      head.text
        == "X: y\r\nX-PD-Prefill-Prompt-Tokens: 5000\r\nX-PD-Prefill-Cached-Tokens: 1000\r\n"
        + "X-PD-Prefill-Queue-Tokens: 4000\r\nX-PD-Prefill-Chunk-Tokens: 1024\r\n")
  }

  @Test(arguments: [
    (BodyShape.chat, #"{"a":1}"#, #"{"a":1,"vllm_xargs":{M}}"#),
    (.completions, #"{"vllm_xargs":null}"#, #"{"vllm_xargs":{M}}"#),
    (.completions, #"{"vllm_xargs":{}}"#, #"{"vllm_xargs":{M}}"#),
    (.responses, "{\"vllm_xargs\":{ \n}}", "{\"vllm_xargs\":{ \nM}}"),
    (
      .completions, #"{"vllm_xargs":{"mine" : "{" },"b":2}"#,
      #"{"vllm_xargs":{"mine" : "{" ,M},"b":2}"#
    ),
    (.completions, #"{"vllm_xargs":[1]}"#, #"{"vllm_xargs":[1]}"#),
    (.tokensInOut, #"{"vllm_xargs":{}}"#, #"{"vllm_xargs":{}}"#),
    (.generate, #"{}"#, #"{}"#),
  ])
  func `as members they join the client's own`(
    shape: BodyShape, body: String, expected: String
  ) throws {
    var scratch = ByteBuffer()
    scratch.append("left over")
    let result = try withScratch(&scratch, body, shape)
    #expect(result == expected.replacing("M", with: Self.members))
  }

  private func withScratch(
    _ scratch: inout ByteBuffer, _ text: String, _ shape: BodyShape
  ) throws -> String {
    try withBytes(of: text) { body in
      let fields = try JSONFields(validating: body)
      var edits = BodyEdits()
      Self.hints.plan(of: body, fields: fields, shape: shape, scratch: &scratch, into: &edits)
      var buffer = ByteBuffer()
      edits.apply(to: fields, of: body).append(to: &buffer, of: body)
      return buffer.text
    }
  }

  @Test func `an estimate of more cached than prompt tokens counts as all of them`() {
    let hints = PrefillHints(
      promptTokens: TokenCount(10), expectedCachedTokens: TokenCount(99),
      queuedTokensAhead: .zero)
    #expect(hints.expectedCachedTokens == TokenCount(10))
    #expect(hints.suggestedChunkTokens == .zero)
  }

  @Test(arguments: [
    // Alone: the whole budget, or the whole prompt if that is less.
    (10_000, 0, 2048), (2048, 0, 2048), (100, 0, 100), (0, 0, 0), (0, 9999, 0),
    // As much ahead as of its own: half.
    (4000, 4000, 1024),
    // Three times as much ahead: a quarter.
    (4000, 12_000, 512),
    // Far behind: not less than is worth a step.
    (4000, 1_000_000, 256),
    // A short prompt takes what is left of it.
    (200, 1_000_000, 200),
    // A multiple of the block.
    (3000, 1000, 1536), (3000, 1001, 1520),
    // The largest estimates do not overflow.
    (Int.max, Int.max, 1024), (Int.max, 0, 2048),
  ])
  func `the chunk is the budget shared in proportion to the work`(
    uncached: Int, queued: Int, chunk: Int
  ) {
    let rule = ChunkRule()
    #expect(
      rule.chunk(uncached: TokenCount(uncached), queuedAhead: TokenCount(queued))
        == TokenCount(chunk))
  }

  @Test func `more work ahead never enlarges the chunk and it always suits the engine`() {
    let rule = ChunkRule()
    var generator = SplitMix64(seed: 4)
    for _ in 0..<2000 {
      let uncached = Int(generator.next(upperBound: UInt64(20_000)))
      let queued = Int(generator.next(upperBound: UInt64(100_000)))
      let chunk = rule.chunk(uncached: TokenCount(uncached), queuedAhead: TokenCount(queued)).number
      let later = rule.chunk(
        uncached: TokenCount(uncached), queuedAhead: TokenCount(queued + 500)
      ).number
      #expect(later <= chunk)
      #expect(chunk <= 2048 && chunk <= uncached)
      #expect(chunk == uncached || (chunk % 16 == 0 && chunk >= 256))
    }
  }
}
