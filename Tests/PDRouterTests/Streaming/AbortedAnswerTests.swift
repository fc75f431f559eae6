import Testing
import Vocabulary

@testable import PDRouter

private let role = #"data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}"# + "\n\n"
private let done = "data: [DONE]\n\n"

private func chunk(_ text: String, reason: String = "null") -> String {
  #"data: {"choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":\#(reason)}]}"#
    + "\n\n"
}

private let abort = chunk("", reason: #""abort""#)

struct AbortedAnswerTests {
  @Test func `an abort before anything was sent is a failure, wherever the stream is cut`() {
    let bytes = Array((role + abort + done).utf8)
    for cut in 0...bytes.count {
      let flow = Flow(.events)
      flow.take(bytes[..<cut])
      flow.take(bytes[cut...])
      #expect(flow.failure == .abort && flow.sends.isEmpty, "cut at \(cut)")
    }
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `an abort after the first token is dropped with all that follows`(lineEnd: String) {
    let first = chunk("a").replacing("\n", with: lineEnd)
    let rest = Array((chunk("b") + abort + done).replacing("\n", with: lineEnd).utf8)
    for cut in 0...rest.count {
      let flow = Flow(.events)
      flow.take(first.utf8)
      flow.take(rest[..<cut])
      flow.take(rest[cut...])
      #expect(flow.failure == .abort, "cut at \(cut)")
      #expect(flow.sent == first + chunk("b").replacing("\n", with: lineEnd), "cut at \(cut)")
      #expect(flow.acceptsEvent && flow.tokenEvents == 2 && !flow.sawDone, "cut at \(cut)")
    }
  }

  @Test func `usage before an abort is still joined`() {
    let counted = chunk("b").replacing("]}", with: #"],"usage":{"prompt_tokens":9}}"#)
    let flow = Flow(.events, join: UsageSample.silent)
    flow.take(chunk("a").utf8)
    flow.take((counted + abort).utf8)
    #expect(flow.sent == chunk("a") + counted.replacing(":9}", with: ":186}"))
    #expect(flow.failure == .abort && flow.acceptsEvent)
  }

  @Test func `nothing may follow an aborted event of which a part was sent`() {
    let flow = Flow(.events, limit: 64)
    flow.take(chunk("a").utf8)
    let long = abort.replacing("{\"choices", with: "{\"id\":\"0123456789\",\"choices")
    flow.take(long.prefix(80).utf8)
    flow.take(long.dropFirst(80).utf8)
    #expect(flow.failure == .abort && !flow.acceptsEvent)
    #expect(flow.sent == chunk("a") + long.prefix(80))
  }

  @Test func `a whole answer that was aborted is a failure`() {
    let whole = #"{"choices":[{"message":{"content":"a"},"finish_reason":"abort"}]}"#
    let flow = Flow(.whole)
    flow.take(whole, by: 7)
    flow.end()
    #expect(flow.failure == .abort && flow.sends.isEmpty)
    let large = Flow(.whole, limit: 16)
    large.take(whole, by: 7)
    large.end()
    #expect(large.failure == nil && large.sent == whole)
  }

  @Test func `text that speaks of an abort is none`() {
    let text = chunk(#"\"finish_reason\":\"abort\""#) + chunk("abort")
    let flow = Flow(.events)
    flow.take((text + done).utf8)
    #expect(flow.failure == nil && flow.sent == text + done)
  }
}
