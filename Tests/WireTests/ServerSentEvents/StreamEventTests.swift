import Testing
import Wire

/// The lines of one event and what the scanner makes of it.
private struct EventRow: Sendable, CustomTestStringConvertible {
  let lines: [String]
  let outcome: String

  init(_ data: String, _ outcome: String) {
    lines = ["data: " + data]
    self.outcome = outcome
  }

  init(lines: [String], _ outcome: String) {
    self.lines = lines
    self.outcome = outcome
  }

  var testDescription: String { String(lines.joined(separator: "|").suffix(100)) }
}

private func choice(_ fields: String) -> String {
  #"{"id":"1","choices":[{"index":0,\#(fields)}]}"#
}

private func delta(_ fields: String) -> String {
  choice(#""delta":{\#(fields)},"finish_reason":null"#)
}

private let chat: [EventRow] = [
  EventRow(StreamSample.role, "other"),
  EventRow(StreamSample.chat("Hi"), "token"),
  EventRow(StreamSample.chat(#"\""#), "token"),
  EventRow(StreamSample.finish, "token"),
  EventRow(StreamSample.usage, "other"),
  EventRow(StreamSample.error, "error"),
  EventRow(delta(#""role":"assistant""#), "other"),
  EventRow(delta(#""role":"assistant","content":null"#), "other"),
  EventRow(delta(#""role":"assistant","content":"","tool_calls":[],"refusal":null"#), "other"),
  EventRow(delta(#""role":"assistant","content":"a""#), "token"),
  EventRow(delta(#""content":"","role":"assistant""#), "other"),
  EventRow(delta(#""reasoning":"hm""#), "token"),
  EventRow(delta(#""reasoning_content":"hm","content":null"#), "token"),
  EventRow(delta(#""reasoning_content":"","content":"""#), "other"),
  EventRow(delta(#""tool_calls":[{"index":0}]"#), "token"),
  EventRow(delta(#""tool_calls":[ ]"#), "other"),
  EventRow(delta(#""function_call":{"name":"f"}"#), "token"),
  EventRow(delta(#""audio":{}"#), "other"),
  EventRow(delta(#""something":7"#), "token"),
  EventRow(delta(""), "other"),
  EventRow(choice(#""delta":null"#), "other"),
  EventRow(choice(#""delta":"x""#), "token"),
  EventRow(choice(#""delta":{"content":""},"token_ids":[5]"#), "token"),
  EventRow(choice(#""delta":{"content":""},"token_ids":null"#), "other"),
  EventRow(
    #"{"choices":[{"delta":{"role":"assistant"}},{"index":1,"delta":{"content":"x"}}]}"#, "token"),
  EventRow(
    #"{"choices":[{"delta":{"role":"assistant"}},{"delta":{"role":"assistant"}}]}"#, "other"),
  EventRow(#"{ "choices" : [ { "delta" : { "content" : "x" } } ] }"#, "token"),
  EventRow(#"{ "choices" : [ ] , "usage" : { } }"#, "other"),
  EventRow(#"{"prompt_token_ids":[1,2],"choices":[]}"#, "other"),
  EventRow(#"{"note":"\"choices\":[]","choices":[{"text":"a"}]}"#, "token"),
  EventRow(#"{"note":"\\","choices":[]}"#, "other"),
  EventRow(#"{"nested":{"error":1,"choices":[]},"choices":[{"text":"a"}]}"#, "token"),
]

private let others: [EventRow] = [
  EventRow(StreamSample.roleWithUsage, "other"),
  EventRow(StreamSample.emptyCompletion, "other"),
  EventRow(
    #"{"request_id":"r","choices":[{"index":0,"finish_reason":null,"token_ids":[]}]}"#, "other"),
  EventRow(
    #"{"request_id":"r","choices":[{"index":0,"finish_reason":null,"token_ids":[7]}]}"#, "token"),
  EventRow(StreamSample.completion("Hi"), "token"),
  EventRow(StreamSample.completion(""), "other"),
  EventRow(StreamSample.completion("", finish: #""length""#), "token"),
  EventRow(#"{"error":"Unauthorized"}"#, "error"),
  EventRow(#"{"error":null,"choices":[{"text":"a"}]}"#, "token"),
  EventRow(#"{"id":"1","choices":[],"error":{"code":500}}"#, "error"),
  EventRow("[DONE]", "done"),
  EventRow(lines: ["data:[DONE]"], "done"),
  EventRow("[done]", "token"),
  EventRow("[DONE]x", "token"),
  EventRow("", "other"),
  EventRow(lines: ["data"], "other"),
  EventRow("hello", "token"),
  EventRow("{}", "token"),
  EventRow("[]", "token"),
  EventRow("7", "token"),
  EventRow("{", "token"),
  EventRow(#"{"a""#, "token"),
  EventRow(#"{"a":}"#, "token"),
  EventRow(#"{"choices":[{"text":"#, "token"),
  EventRow(#"{"choices":[{"delta":{"role":"assistant""#, "token"),
  EventRow(#"{"choices":7}"#, "token"),
  EventRow(#"{"choices":null}"#, "token"),
  EventRow(#"{"choices":["x"]}"#, "token"),
  EventRow(#"{"a":[[[[{"b":"]"}]]]],"choices":[]}"#, "other"),
  EventRow(lines: [": ping"], "nothing"),
  EventRow(lines: [":"], "nothing"),
  EventRow(lines: ["id: 7", "retry: 5"], "nothing"),
  EventRow(lines: ["event: error"], "nothing"),
  EventRow(lines: ["database: x"], "nothing"),
  EventRow(lines: [": c", "id: 1", "data: [DONE]"], "done"),
  EventRow(lines: ["data: {", "data: }"], "token"),
  EventRow(lines: ["event: error", "data: oops"], "error"),
  EventRow(lines: ["event: response.output_text.delta", #"data: {"delta":"Hi"}"#], "token"),
  EventRow(#"{"delta":"Hi","type":"response.output_text.delta"}"#, "token"),
  EventRow(lines: ["event: response.created", #"data: {"response":{"error":null}}"#], "other"),
  EventRow(#"{"response":{"error":null},"type":"response.created"}"#, "other"),
  EventRow(lines: ["event: response.completed", "data: {}"], "other"),
  EventRow(lines: ["event: response.failed", "data: {}"], "error"),
  EventRow(#"{"type":"error","message":"x"}"#, "error"),
  EventRow(lines: ["event: message_start", #"data: {"type":"message_start"}"#], "other"),
  EventRow(lines: ["event: content_block_start", "data: {}"], "other"),
  EventRow(lines: ["event: content_block_delta", "data: {}"], "token"),
  EventRow(lines: ["event: ping", "data: {}"], "other"),
  EventRow(lines: ["event: message_delta", "data: {}"], "token"),
  EventRow(lines: ["event: message_stop", "data: {}"], "other"),
  EventRow(lines: ["event: surprise", "data: {}"], "token"),
]

private let ends: [EventRow] = [
  EventRow(choice(#""delta":{"content":""},"finish_reason":"abort""#), "abort"),
  EventRow(
    choice(#""delta":{"content":"Hi"},"finish_reason" : "abort","stop_reason":null"#), "abort"),
  EventRow(choice(#""finish_reason":"abort","delta":{}"#), "abort"),
  EventRow(choice(#""text":"","logprobs":null,"finish_reason":"abort""#), "abort"),
  EventRow(choice(#""logprobs":null,"finish_reason":"abort","token_ids":[]"#), "abort"),
  EventRow(
    #"{"choices":[{"text":"a","finish_reason":"stop"},{"text":"","finish_reason":"abort"}]}"#,
    "abort"),
  EventRow(#"{"choices":[],"choices":[{"finish_reason":"abort"}]}"#, "abort"),
  EventRow(StreamSample.completion("abort"), "token"),
  EventRow(StreamSample.chat(#""finish_reason":"abort""#), "token"),
  EventRow(delta(#""content":"abort""#), "token"),
  EventRow(delta(#""content":"","tool_calls":[{"finish_reason":"abort"}]"#), "token"),
  EventRow(#"{"finish_reason":"abort","choices":[{"text":"a"}]}"#, "token"),
  EventRow(choice(#""text":"a","finish_reason":"aborted""#), "token"),
  EventRow(choice(#""text":"a","finish_reason":["abort"]"#), "token"),
  EventRow(
    #"{"error":{"message":"m","type":"BadRequestError","param":null,"code":400}}"#, "rejection"),
  EventRow(#"{"error":{"code":"404"}}"#, "rejection"),
  EventRow(#"{"error":{"message":"m"},"code":422}"#, "rejection"),
  EventRow(lines: ["event: error", #"data: {"type":"error","error":{"code":429}}"#], "rejection"),
  EventRow(#"{"error":{"code":500,"detail":{"code":400}}}"#, "error"),
  EventRow(#"{"error":{"code":4000}}"#, "error"),
  EventRow(#"{"error":{"code":40}}"#, "error"),
  EventRow(#"{"error":{"code":null}}"#, "error"),
  EventRow(#"{"error":{"code":"4x0"}}"#, "error"),
  EventRow(#"{"error":{"message":"code":400"}}"#, "error"),
  EventRow(#"{"error":"code 400"}"#, "error"),
]

struct StreamEventTests {
  @Test(arguments: chat + others + ends)
  private func `an event is judged the same whatever ends its lines and wherever it is cut`(
    row: EventRow
  ) {
    for lineEnd in ["\n", "\r\n", "\r"] {
      let bytes = latin1(row.lines.map { $0 + lineEnd }.joined() + lineEnd)
      for cut in 0..<bytes.count {
        var scanner = ServerSentEventScanner()
        var seen: [ServerSentEventScanner.Summary] = []
        for piece in [bytes[..<cut], bytes[cut...]] {
          seen.append(piece.withUnsafeBytes { scanner.scan($0) })
        }
        #expect(seen.map(name).filter { $0 != "nothing" } == expected(row), "cut at \(cut)")
        let isAtBoundary = scanner.isAtBoundary
        #expect(isAtBoundary)
      }
    }
  }

  private func expected(_ row: EventRow) -> [String] {
    row.outcome == "nothing" ? [] : [row.outcome]
  }

  private func name(_ summary: ServerSentEventScanner.Summary) -> String {
    if summary.sawDone { return "done" }
    if summary.sawError { return "error" }
    if summary.sawRejection { return "rejection" }
    if summary.abortStart != nil { return "abort" }
    if summary.tokenEvents > 0 { return "token" }
    return summary.events > 0 ? "other" : "nothing"
  }

  @Test func `a byte-order mark before the first line is no part of it`() {
    var scanner = ServerSentEventScanner()
    let bytes = latin1("\u{EF}\u{BB}\u{BF}data: [DONE]\n\n")
    let summary = bytes.withUnsafeBytes { scanner.scan($0) }
    #expect(summary.sawDone)
  }
}
