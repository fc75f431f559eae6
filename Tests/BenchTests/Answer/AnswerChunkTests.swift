import Testing
import Vocabulary

@testable import Bench

/// What events and answers mean.
@Suite struct AnswerChunkTests {
  private static func read(_ text: String, wantsText: Bool = false) -> AnswerChunk {
    Array(text.utf8).withUnsafeBytes { AnswerChunk(event: $0, wantsText: wantsText) }
  }

  static let kinds: [(String, AnswerChunk.Kind)] = [
    (#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#, .token),
    (#"{"choices": [{"index": 0, "delta": {"content": "a"}}]}"#, .token),
    (#"{"choices":[{"text":"\"","finish_reason":"stop"}]}"#, .token),
    (#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, .other),
    (#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#, .token),
    (#"{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}"#, .token),
    (#"{"choices":[{"delta":{"tool_calls":[],"content":null}}]}"#, .other),
    (#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, .finish),
    (#"{"choices":[{"text":"","finish_reason":"length"}]}"#, .finish),
    (#"{"choices":[{"text":""},{"index":1,"text":"b"}]}"#, .token),
    (#"{"choices":[],"usage":{"prompt_tokens":1}}"#, .other),
    (#"{"id":"\"text\":\"x","choices":[]}"#, .other), ("[DONE]", .done), ("[]", .other),
    (#"{"error":{"message":"no \"way\"","code":500}}"#, .error("no \"way\"")),
    (#"{"error":"gone"}"#, .error("gone")), (#"{"error":null,"choices":[]}"#, .other),
    (#"{"object":"error","message":"old"}"#, .error("old")), ("", .error("not JSON: ")),
    ("{\"text\":\"", .error("not JSON: {\"text\":\"")),
  ]

  @Test(arguments: kinds)
  func `an event is what it says`(_ text: String, _ kind: AnswerChunk.Kind) {
    #expect(Self.read(text).kind == kind)
    #expect(Self.read(text, wantsText: true).kind == kind)
  }

  @Test func `usage is read wherever it stands, and text where it is wanted`() throws {
    let chunk = Self.read(
      #"{"choices":[{"text":"a\n"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"#
        + #""prompt_tokens_details":{"cached_tokens":5}}}"#, wantsText: true)
    let usage = try #require(chunk.usage)
    #expect(usage.prompt == 7 && usage.completion == 3 && usage.cached == 5)
    #expect(chunk.kind == .token && chunk.text == "a\n")
    let bare = Self.read(#"{"choices":[{"text":"a"}],"usage":{"prompt_tokens":-1}}"#)
    #expect(bare.kind == .token && bare.usage?.prompt == nil && bare.usage?.completion == nil)
    #expect(Self.read(#"{"choices":[{"text":"a"}],"usage":null}"#).usage == nil)
  }

  @Test func `every event with a byte replaced is still something`() {
    var generator = SplitMix64(seed: 2)
    for (text, _) in Self.kinds {
      for place in text.utf8.indices.map({ text.utf8.distance(from: text.startIndex, to: $0) }) {
        var bytes = Array(text.utf8)
        bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        let chunk = bytes.withUnsafeBytes { AnswerChunk(event: $0, wantsText: false) }
        if case .error(let message) = chunk.kind { #expect(message.count <= 320) }
      }
    }
  }

  static let refusals: [(String, String)] = [
    (#"{"error":{"message":"full"}}"#, "full"), (#"{"detail":"Not Found"}"#, "Not Found"),
    ("<html>\r\n", "<html>  "), ("", ""), (#"{"a":1}"#, #"{"a":1}"#),
    (String(repeating: "x", count: 500), String(repeating: "x", count: 300) + "…"),
  ]

  @Test(arguments: refusals)
  func `a refusal's message is found, or its beginning shown in one line`(
    _ body: String, _ message: String
  ) {
    #expect(Array(body.utf8).withUnsafeBytes { AnswerChunk.message(ofBody: $0) } == message)
  }
}
