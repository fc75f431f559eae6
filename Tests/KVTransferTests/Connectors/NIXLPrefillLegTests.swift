import JSONFields
import KVTransfer
import Testing
import Vocabulary

private let ask =
  "\"kv_transfer_params\":{\"do_remote_decode\":true,\"do_remote_prefill\":false,"
  + "\"remote_engine_id\":null,\"remote_block_ids\":null,\"remote_host\":null,\"remote_port\":null}"

/// One body before and after; `ASK` stands for the connector's `kv_transfer_params` member, `IDS`
/// for the one that asks for the prompt's token ids.
struct LegRow: CustomTestStringConvertible, Sendable {
  let shape: BodyShape
  let body: String
  let expected: String

  init(_ shape: BodyShape, _ body: String, _ expected: String) {
    self.shape = shape
    self.body = body
    self.expected = expected.replacing("ASK", with: ask)
      .replacing("IDS", with: "\"return_token_ids\":true")
  }

  var testDescription: String { "\(shape) \(body)" }
}

struct NIXLPrefillLegTests {
  static let rows: [LegRow] = [
    // Nothing there yet: appended in a fixed order.
    LegRow(
      .completions, #"{"prompt":"a"}"#,
      #"{"prompt":"a","max_tokens":1,"min_tokens":1,"stream":false,ASK}"#),
    LegRow(.completions, "{}", #"{"max_tokens":1,"min_tokens":1,"stream":false,ASK}"#),
    LegRow(
      .chat, #"{"messages":[]}"#,
      #"{"messages":[],"max_tokens":1,"min_tokens":1,"stream":false,IDS,ASK}"#),
    LegRow(
      .generate, #"{"text":"a"}"#,
      #"{"text":"a","max_tokens":1,"min_tokens":1,"stream":false,ASK}"#),
    // There: replaced in place, every other byte kept.
    LegRow(
      .completions,
      #"{ "max_tokens" : 500 , "min_tokens":5, "stream":true,"n":1,"#
        + #""temperature":0.70 , "prompt":"\u00e9" }"#,
      #"{ "max_tokens" : 1 , "min_tokens":1, "stream":false,"n":1,"#
        + #""temperature":0.70 , "prompt":"\u00e9" ,ASK}"#
    ),
    LegRow(
      .chat,
      #"{"max_completion_tokens":64,"messages":[{"role":"user","content":"max_tokens"}]}"#,
      #"{"max_completion_tokens":1,"messages":[{"role":"user","content":"max_tokens"}],"#
        + #""max_tokens":1,"min_tokens":1,"stream":false,IDS,ASK}"#
    ),
    // Null counts as there.
    LegRow(
      .chat, #"{"max_tokens":null,"n":null,"max_completion_tokens":null}"#,
      #"{"max_tokens":1,"n":1,"max_completion_tokens":1,"min_tokens":1,"stream":false,IDS,ASK}"#),
    // What prefill must not see.
    LegRow(
      .chat, #"{"stream":true,"stream_options":{"include_usage":true},"a":1}"#,
      #"{"stream":false,"a":1,"max_tokens":1,"min_tokens":1,IDS,ASK}"#),
    LegRow(
      .completions, #"{"best_of":4,"n":3,"a":1}"#,
      #"{"n":1,"a":1,"max_tokens":1,"min_tokens":1,"stream":false,ASK}"#),
    LegRow(
      .chat, #"{"return_token_ids":false,"a":1}"#,
      #"{IDS,"a":1,"max_tokens":1,"min_tokens":1,"stream":false,ASK}"#),
    LegRow(
      .completions, #"{"prompt":"a","return_token_ids":true}"#,
      #"{"prompt":"a",IDS,"max_tokens":1,"min_tokens":1,"stream":false,ASK}"#),
    // A client's own handle is replaced.
    LegRow(
      .completions, #"{"kv_transfer_params":{"remote_host":"10.0.0.1"},"a":1}"#,
      #"{ASK,"a":1,"max_tokens":1,"min_tokens":1,"stream":false}"#),
    // A name spelt with escapes is the same name; of repeated names only the last stays.
    LegRow(
      .completions, #"{"max_\u0074okens":9,"a":1}"#,
      #"{"max_\u0074okens":1,"a":1,"min_tokens":1,"stream":false,ASK}"#),
    LegRow(
      .completions, #"{"max_tokens":7,"a":1,"max_tokens":9}"#,
      #"{"a":1,"max_tokens":1,"min_tokens":1,"stream":false,ASK}"#),
    LegRow(
      .completions, #"{"kv_transfer_params":{"x":1},"kv_transfer_params":{"y":1},"a":1}"#,
      #"{ASK,"a":1,"max_tokens":1,"min_tokens":1,"stream":false}"#),
    // Responses have one limit of their own.
    LegRow(
      .responses, #"{"input":"a","stream":true}"#,
      #"{"input":"a","stream":false,"max_output_tokens":1,ASK}"#),
    LegRow(
      .responses, #"{"input":"a","max_output_tokens":99}"#,
      #"{"input":"a","max_output_tokens":1,"stream":false,ASK}"#),
    // Tokens in and out have their limits one level down.
    LegRow(
      .tokensInOut,
      #"{"token_ids":[1,2],"sampling_params":{"max_tokens":50,"temperature":0.0,"n":2},"#
        + #""stream":true}"#,
      #"{"token_ids":[1,2],"sampling_params":{"max_tokens":1,"temperature":0.0,"n":1,"#
        + #""min_tokens":1},"stream":false,ASK}"#
    ),
    LegRow(
      .tokensInOut, #"{"token_ids":[1]}"#,
      #"{"token_ids":[1],"sampling_params":{"max_tokens":1,"min_tokens":1},"stream":false,ASK}"#),
    LegRow(
      .tokensInOut, #"{"sampling_params":{}}"#,
      #"{"sampling_params":{"max_tokens":1,"min_tokens":1},"stream":false,ASK}"#),
    LegRow(
      .tokensInOut, #"{"sampling_params":null}"#,
      #"{"sampling_params":{"max_tokens":1,"min_tokens":1},"stream":false,ASK}"#),
    LegRow(
      .tokensInOut, #"{"sampling_params":"greedy"}"#,
      #"{"sampling_params":"greedy","stream":false,ASK}"#),
    LegRow(
      .tokensInOut, #"{"sampling_params":{"min_tokens":4,"max_tokens":8,"min_tokens":5}}"#,
      #"{"sampling_params":{"max_tokens":1,"min_tokens":1},"stream":false,ASK}"#),
    // The top-level names mean nothing to tokens in and out, and stay.
    LegRow(
      .tokensInOut, #"{"max_tokens":8,"sampling_params":{}}"#,
      #"{"max_tokens":8,"sampling_params":{"max_tokens":1,"min_tokens":1},"stream":false,ASK}"#),
  ]

  @Test(arguments: rows)
  func `the prefill body asks for one token and a handle, and differs in nothing else`(
    row: LegRow
  ) throws {
    #expect(try NIXLConnector().prefillBody(row.shape, row.body) == row.expected)
  }

  @Test func `token ids are asked for only if they are shared and decode waits for them`() throws {
    let body = #"{"messages":[]}"#
    let plain = LegRow(
      .chat, body, #"{"messages":[],"max_tokens":1,"min_tokens":1,"stream":false,ASK}"#)
    let unshared = NIXLConnector(sharesPromptTokens: false)
    #expect(try unshared.prefillBody(.chat, body) == plain.expected)
    let pushing = handOver { $0.prefill.identity = identity("e", members: #""x":1"#) }
    let together = NIXLConnector(legsLeaveTogether: true)
    #expect(try together.prefillBody(.chat, body, pushing) == plain.expected)
    let inTurn = try NIXLConnector().prefillBody(.chat, body, pushing)
    #expect(inTurn.contains(#""return_token_ids":true"#))
  }

  @Test func `a plan made on a used edit list is the same as on a fresh one`() throws {
    let text = #"{"prompt":"a","n":2}"#
    var scratch = ByteBuffer()
    var edits = BodyEdits()
    var results: [String] = []
    for _ in 0..<3 {
      try withBytes(of: text) { body in
        let fields = try JSONFields(validating: body)
        try NIXLConnector().planPrefill(
          of: body, fields: fields, shape: .completions, handOver: handOver(), scratch: &scratch,
          into: &edits)
        var buffer = ByteBuffer()
        edits.apply(to: fields, of: body).append(to: &buffer, of: body)
        results.append(buffer.text)
      }
    }
    #expect(Set(results).count == 1)
  }
}
