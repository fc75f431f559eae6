import Testing
import Vocabulary

@testable import PDRouter

private let usageEvent =
  #"data: {"choices":[],"usage":{"prompt_tokens":40,"prompt_tokens_details":"#
  + #"{"cached_tokens":32}}}"# + "\n\n"
private let token = #"data: {"choices":[{"index":0,"delta":{"content":"x"}}]}"# + "\n\n"
private let whole =
  #"{"choices":[],"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4}}}"#

/// What a relay in `mode` has seen of the input in an answer of these `pieces`.
private func seen(
  _ mode: AnswerRelay.Mode, _ pieces: [String], watchesUsage: Bool = true
) -> PrefillUsage? {
  var relay = AnswerRelay(mode: mode, limit: 1 << 16)
  relay.reset(mode: mode, watchesUsage: watchesUsage)
  for piece in pieces {
    Array(piece.utf8).withUnsafeBytes { bytes in
      let decision = relay.take(bytes)
      let kept = decision.sends.map(\.upperBound) ?? 0
      if decision.sends != nil { relay.didSendHeld() }
      relay.keep(UnsafeRawBufferPointer(rebasing: bytes[kept...]))
    }
  }
  _ = relay.finish()
  return relay.inputUsage
}

struct WatchedUsageTests {
  @Test func `the usage event of a stream is read, whatever comes with it`() {
    #expect(seen(.events, [token, usageEvent, "data: [DONE]\n\n"])?.cachedTokens == 32)
    #expect(seen(.events, [token + usageEvent + "data: [DONE]\n\n"])?.inputTokens == 40)
    #expect(seen(.events, [token, token]) == nil)
  }

  @Test func `the last usage of several counts`() {
    let first = #"data: {"choices":[],"usage":{"prompt_tokens":40}}"# + "\n\n"
    #expect(seen(.events, [token, first + usageEvent])?.cachedTokens == 32)
    #expect(seen(.events, [token, usageEvent, first])?.cachedTokens == nil)
  }

  @Test func `a whole answer's usage is read at its end`() {
    let half = whole.index(whole.startIndex, offsetBy: 30)
    #expect(seen(.whole, [String(whole[..<half]), String(whole[half...])])?.cachedTokens == 4)
  }

  @Test func `nothing is read when nobody watches`() {
    #expect(seen(.whole, [whole], watchesUsage: false) == nil)
    #expect(seen(.events, [usageEvent], watchesUsage: false) == nil)
  }

  @Test func `a stream cut anywhere is relayed, and read only where the event is in one piece`() {
    let stream = token + usageEvent
    for place in 1..<stream.utf8.count {
      let cut = stream.index(stream.startIndex, offsetBy: place)
      let usage = seen(.events, [String(stream[..<cut]), String(stream[cut...])])
      #expect(usage == nil || usage?.cachedTokens == 32)
    }
  }
}
