import Testing
import Vocabulary

@testable import PDRouter

private let role =
  #"data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#
  + "\n\n"
private let done = "data: [DONE]\n\n"

private func token(_ text: String, usage: String = "") -> String {
  #"data: {"id":"c","choices":[{"index":0,"delta":{"content":"\#(text)"}}]\#(usage)}"# + "\n\n"
}

/// A running count of the prompt and the answer.
private func count(_ prompt: Int, _ completion: Int) -> String {
  #","usage":{"prompt_tokens":\#(prompt),"total_tokens":\#(prompt + completion),"#
    + #""completion_tokens":\#(completion)}"#
}

/// The last chunk, with usage only.
private func last(_ prompt: Int, _ completion: Int, details: String) -> String {
  #"data: {"id":"c","choices":[],"usage":{"prompt_tokens":\#(prompt),"#
    + #""total_tokens":\#(prompt + completion),"completion_tokens":\#(completion),"#
    + #""prompt_tokens_details":\#(details)},"system_fingerprint":"f"}"# + "\n\n"
}

/// Streams as decode writes them and as the client gets them, from a prefill of 186 tokens of which
/// 64 were cached.
private let streams: [(before: String, after: String)] = [
  (
    role + token("a") + ": ping\n\n" + token("b") + last(186, 2, details: #"{"cached_tokens":186}"#)
      + done,
    role + token("a") + ": ping\n\n" + token("b") + last(186, 2, details: #"{"cached_tokens":64}"#)
      + done
  ),
  (
    role.replacing("]}\n", with: "]\(count(9, 0))}\n") + token("a", usage: count(9, 1))
      + token("b", usage: count(9, 2)) + last(9, 2, details: "null") + done,
    role.replacing("]}\n", with: "]\(count(186, 0))}\n") + token("a", usage: count(186, 1))
      + token("b", usage: count(186, 2)) + last(186, 2, details: #"{"cached_tokens":64}"#) + done
  ),
  (
    "id: 7\nevent: response.output_text.delta\ndata: {\"delta\":\"a\"}\n\n"
      + "event: response.completed\ndata: {\"response\":{\n"
      + "data: \"usage\":{\"input_tokens\":9,\ndata:\"output_tokens\":4,\n"
      + "data: \"total_tokens\":13,\"input_tokens_details\":{\"cached_tokens\":9}}}}\n\n",
    "id: 7\nevent: response.output_text.delta\ndata: {\"delta\":\"a\"}\n\n"
      + "event: response.completed\ndata: {\"response\":{\n"
      + "data: \"usage\":{\"input_tokens\":186,\ndata:\"output_tokens\":4,\n"
      + "data: \"total_tokens\":190,\"input_tokens_details\":{\"cached_tokens\":64}}}}\n\n"
  ),
  (
    token("a", usage: #","usage":null"#) + token(#"\"usage\":{"#) + done,
    token("a", usage: #","usage":null"#) + token(#"\"usage\":{"#) + done
  ),
  (
    token("a") + #"data: {"usage":{"prompt_tokens":9}"# + "\n\n" + done,
    token("a") + #"data: {"usage":{"prompt_tokens":9}"# + "\n\n" + done
  ),
]

struct UsageJoinEventTests {
  @Test(arguments: ["\n", "\r\n", "\r"])
  func `a stream is joined the same cut at any place, its line ends kept`(lineEnd: String) {
    for (before, after) in streams {
      let bytes = Array(before.replacing("\n", with: lineEnd).utf8)
      let expected = after.replacing("\n", with: lineEnd)
      for cut in 0...bytes.count {
        let flow = Flow(.events, join: UsageSample.cached)
        flow.take(bytes[..<cut])
        flow.take(bytes[cut...])
        flow.end()
        #expect(flow.sent == expected, "cut at \(cut)")
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5, 11, 70])
  func `a stream is joined the same in small pieces, and every send ends an event`(size: Int) {
    for (before, after) in streams {
      let flow = Flow(.events, join: UsageSample.cached)
      flow.take(before, by: size)
      flow.end()
      #expect(flow.sent == after)
      #expect(flow.sends.allSatisfy { $0.hasSuffix("\n\n") })
      #expect(flow.acceptsEvent && flow.heldCount == 0)
    }
  }

  @Test func `without a usage to join, nothing changes`() {
    for (before, _) in streams {
      let flow = Flow(.events)
      flow.take(before.utf8)
      flow.end()
      #expect(flow.sent == before)
    }
  }

  @Test func `events without usage are not copied`() {
    let flow = Flow(.events, join: UsageSample.cached)
    flow.take(token("a").utf8)
    flow.take((token("b") + token("c")).utf8)
    #expect(flow.sends == [token("a"), token("b") + token("c")] && flow.heldCount == 0)
  }

  @Test func `a stream that ends without a token is joined too`() {
    let completed = #"data: {"response":{"usage":{"input_tokens":9}},"type":"response.completed"}"#
    let flow = Flow(.events, join: UsageSample.silent)
    flow.take((completed + "\n\n").utf8)
    #expect(flow.sends.isEmpty)
    flow.end()
    #expect(flow.sent == completed.replacing(":9", with: ":186") + "\n\n")
  }

  @Test func `an event beyond the limit passes unchanged, and those around it do not`() {
    let filler = String(repeating: "x", count: UsageJoin.eventLimit)
    let large = #"data: {"choices":[],"x":"\#(filler)","usage":{"prompt_tokens":9}}"# + "\n\n"
    let small = last(9, 2, details: "null")
    let joined = last(186, 2, details: #"{"cached_tokens":64}"#)
    let flow = Flow(.events, join: UsageSample.cached)
    flow.take(token("a") + small + large + small + done, by: 64 * 1024)
    flow.end()
    // Compared outside, so that a failure does not print megabytes.
    let isRight = flow.sent == token("a") + joined + large + joined + done
    #expect(isRight)
  }

  @Test func `a member that goes takes the line breaks around it along, not the event's end`() {
    let event =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":186\ndata: ,\ndata: \"total_tokens\":9\n"
      + "data: ,\"x\":1}}\n\n"
    let flow = Flow(.events, join: UsageSample.silent)
    flow.take((token("a") + event).utf8)
    #expect(
      flow.sent == token("a")
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":186\ndata: ,\"x\":1}}\n\n")
  }

  @Test func `an event as large as the limit is joined`() {
    let empty = #"data: {"choices":[],"x":"","usage":{"prompt_tokens":9}}"# + "\n\n"
    let filler = String(repeating: "x", count: UsageJoin.eventLimit - empty.utf8.count)
    let large = empty.replacing(#""x":"""#, with: #""x":"\#(filler)""#)
    let flow = Flow(.events, join: UsageSample.silent)
    flow.take(token("a").utf8)
    flow.take(large, by: 60_000)
    let isRight = flow.sent == token("a") + large.replacing(":9}", with: ":186}")
    #expect(isRight)
  }

  @Test(arguments: 0..<10)
  func `garbage without usage comes out as it went in`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let parts = ["data: ", "{", "}", "\"usage\":", "\n", "\r\n", "\r", "\n\n", "g", "\"", "[DONE]"]
    for _ in 0..<100 {
      let flow = Flow(.events, limit: 128, join: UsageSample.cached)
      var all = ""
      for _ in 0..<20 {
        let piece = (0..<Int.random(in: 0..<8, using: &generator)).map { _ in
          parts.randomElement(using: &generator)!
        }.joined()
        all += piece
        flow.take(piece.utf8)
      }
      flow.end()
      #expect(flow.sent == all)
    }
  }
}

struct UsageJoinWholeTests {
  private let answer = #"{"id":"c","choices":[{"text":"a"}],"usage":{"prompt_tokens":9}}"#

  @Test func `a whole answer is joined when it is complete`() {
    let bytes = Array(answer.utf8)
    for cut in 0...bytes.count {
      let flow = Flow(.whole, join: UsageSample.silent)
      flow.take(bytes[..<cut])
      flow.take(bytes[cut...])
      #expect(flow.sends.isEmpty)
      flow.end()
      #expect(flow.sent == answer.replacing(":9", with: ":186"), "cut at \(cut)")
    }
  }

  @Test func `a whole answer beyond the limit passes unchanged`() {
    let padding = String(repeating: " ", count: AnswerRelay.joinLimit)
    let flow = Flow(.whole, join: UsageSample.silent)
    flow.take(padding + answer, by: 1 << 20)
    flow.end()
    let isRight = flow.sent == padding + answer
    #expect(isRight)
  }
}
