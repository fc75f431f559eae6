import JSONFields
import Testing
import Vocabulary

@testable import PDRouter

/// A usage object of decode's and what becomes of it; nil when it stays.
private struct Row: Sendable, CustomTestStringConvertible {
  let prefill: PrefillUsage
  let before: String
  let after: String?

  init(_ prefill: PrefillUsage, _ before: String, _ after: String?) {
    self.prefill = prefill
    self.before = before
    self.after = after
  }

  var testDescription: String { before }
}

private let audio = UsageSample.prefill(
  #"{"prompt_tokens":186,"prompt_tokens_details":"#
    + #"{"cached_tokens":64,"audio_tokens":3,"x":{"y":[1]}}}"#
)

private let huge = UsageSample.prefill(#"{"prompt_tokens":9223372036854775807}"#)

private let rows: [Row] = [
  // Counts.
  Row(
    UsageSample.silent, #"{"prompt_tokens":186,"total_tokens":194,"completion_tokens":8}"#, nil),
  Row(
    UsageSample.silent, #"{"prompt_tokens":999,"total_tokens":1007,"completion_tokens":8}"#,
    #"{"prompt_tokens":186,"total_tokens":194,"completion_tokens":8}"#),
  Row(
    UsageSample.silent,
    #"{ "prompt_tokens" : 999 , "total_tokens" : 7 , "completion_tokens" : 8 }"#,
    #"{ "prompt_tokens" : 186 , "total_tokens" : 194 , "completion_tokens" : 8 }"#),
  Row(
    UsageSample.silent, #"{"input_tokens":9,"output_tokens":8,"total_tokens":17}"#,
    #"{"input_tokens":186,"output_tokens":8,"total_tokens":194}"#),
  Row(
    UsageSample.silent, #"{"prompt_tokens":186,"total_tokens":187}"#, #"{"prompt_tokens":186}"#),
  Row(
    UsageSample.silent, #"{"total_tokens":187,"prompt_tokens":186}"#, #"{"prompt_tokens":186}"#),
  Row(
    UsageSample.silent, #"{"prompt_tokens":1,"total_tokens":2,"completion_tokens":null}"#,
    #"{"prompt_tokens":186,"completion_tokens":null}"#),
  Row(
    UsageSample.silent, #"{"total_tokens":2,"total_tokens":3,"prompt_tokens":186}"#,
    #"{"prompt_tokens":186}"#),
  Row(
    huge, #"{"prompt_tokens":1,"total_tokens":2,"completion_tokens":1}"#,
    #"{"prompt_tokens":9223372036854775807,"completion_tokens":1}"#),
  Row(
    huge, #"{"prompt_tokens":1,"total_tokens":2,"completion_tokens":0}"#,
    #"{"prompt_tokens":9223372036854775807,"total_tokens":9223372036854775807,"#
      + #""completion_tokens":0}"#),
  Row(
    UsageSample.silent, #"{"prompt_tokens":186.0,"total_tokens":"x","completion_tokens":8.0}"#,
    #"{"prompt_tokens":186,"total_tokens":194,"completion_tokens":8.0}"#),
  Row(UsageSample.silent, #"{"prompt_tokens":186,"future":[1, 2],"completion_tokens":8}"#, nil),
  Row(UsageSample.cached, #"{"output_tokens":8}"#, nil),
  Row(UsageSample.cached, "{}", nil),
  // Details.
  Row(
    UsageSample.cached, #"{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":186}}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":64}}"#),
  Row(
    UsageSample.cached, #"{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":64}}"#,
    nil),
  Row(
    UsageSample.cached, #"{"input_tokens":186,"input_tokens_details":{"cached_tokens":1,"a":2}}"#,
    #"{"input_tokens":186,"input_tokens_details":{"cached_tokens":64,"a":2}}"#),
  Row(
    UsageSample.silent, #"{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":186}}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":{}}"#),
  Row(
    UsageSample.silent,
    #"{"prompt_tokens":186,"prompt_tokens_details":{ "cached_tokens":186, "audio_tokens":2 }}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":{"audio_tokens":2 }}"#),
  Row(
    UsageSample.silent,
    #"{"prompt_tokens":186,"prompt_tokens_details":{"audio_tokens":2, "cached_tokens":186 }}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":{"audio_tokens":2 }}"#),
  Row(
    UsageSample.cached, #"{"prompt_tokens":186,"prompt_tokens_details":null}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":64}}"#),
  Row(
    UsageSample.cached, #"{"prompt_tokens":186 }"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":64} }"#),
  Row(
    UsageSample.cached, #"{"prompt_tokens":186,"prompt_tokens_details":{ }}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":64 }}"#),
  Row(UsageSample.silent, #"{"prompt_tokens":186,"prompt_tokens_details":null}"#, nil),
  Row(UsageSample.cached, #"{"prompt_tokens":186,"prompt_tokens_details":7}"#, nil),
  Row(
    audio, #"{"prompt_tokens":186,"prompt_tokens_details":{"audio_tokens":9,"z":1}}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":"#
      + #"{"audio_tokens":3,"z":1,"cached_tokens":64,"x":{"y":[1]}}}"#),
  Row(
    audio, #"{"prompt_tokens":186,"prompt_tokens_details":null}"#,
    #"{"prompt_tokens":186,"prompt_tokens_details":"#
      + #"{"cached_tokens":64,"audio_tokens":3,"x":{"y":[1]}}}"#),
  Row(
    UsageSample.cached,
    #"{"prompt_tokens":186,"completion_tokens_details":{"cached_tokens":5},"#
      + #""prompt_tokens_details":{"cached_tokens":64}}"#, nil),
]

/// What a join makes of `document`; nil when it stays as it is.
private func joined(_ document: String, _ prefill: PrefillUsage, isWhole: Bool = true) -> String? {
  var buffer = ByteBuffer()
  buffer.append("before" as StaticString)
  let hasChanged = withBytes(of: document) {
    UsageJoin(prefill).append($0, isWhole: isWhole, to: &buffer)
  }
  let text = buffer.text
  #expect(text.hasPrefix("before"))
  #expect(hasChanged || text == "before")
  return hasChanged ? String(text.dropFirst(6)) : nil
}

struct UsageJoinTests {
  @Test(arguments: rows)
  private func `a usage object is joined wherever it stands`(row: Row) {
    let places = [
      ("{\"usage\":", "}"), ("{\"id\":\"c\",\"choices\":[], \"usage\": ", ",\"z\":[{}]} \n"),
      ("{\"type\":\"response.completed\",\"response\":{\"id\":1,\"usage\":", "},\"n\":1}"),
      ("{\"usage\":null,\"response\":{\"usage\":", "}}"),
    ]
    for (head, tail) in places {
      let expected = row.after.map { head + $0 + tail }
      #expect(joined(head + row.before + tail, row.prefill) == expected)
    }
  }

  @Test(arguments: rows)
  private func `what is joined once stays as it is`(row: Row) {
    guard let after = row.after else { return }
    #expect(joined("{\"usage\":\(after)}", row.prefill) == nil)
  }

  @Test(arguments: [
    "", "[DONE]", "{}", "[]", #"{"usage":null}"#, #"{"usage":5}"#, #"{"usage":[]}"#,
    #"{"choices":[{"usage":{"prompt_tokens":1}}]}"#, #"{"response":{"usage":null}}"#,
    #"{"response":[{"usage":{"prompt_tokens":1}}]}"#, #"{"usage":{"prompt_tokens":1}"#,
    #"{"usage":{"prompt_tokens":1}}x"#, #"{"usage":{"prompt_tokens":01}}"#,
    #"{"usage":{"prompt_tokens":1,}}"#,
  ])
  func `no usage is made up, and what is no JSON stays`(document: String) {
    #expect(joined(document, UsageSample.cached) == nil)
  }

  @Test func `a running count gets prefill's input, but no details of its own`() {
    let head = #"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":"#
    let running = head + #"{"prompt_tokens":9,"total_tokens":11,"completion_tokens":2}}"#
    let right = #"{"prompt_tokens":186,"total_tokens":188,"completion_tokens":2"#
    #expect(joined(running, UsageSample.cached, isWhole: false) == head + right + "}}")
    #expect(joined(head + right + "}}", UsageSample.cached, isWhole: false) == nil)
    let details = #","prompt_tokens_details":{"cached_tokens":64}}}"#
    #expect(joined(running, UsageSample.cached) == head + right + details)
    let last = running.replacing(#"{"index":0,"delta":{"content":"a"}}"#, with: "")
    #expect(joined(last, UsageSample.cached, isWhole: false)?.hasSuffix(details) == true)
  }

  @Test func `the last usage of a document counts, as in the engine`() {
    let document = #"{"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":2}}"#
    #expect(
      joined(document, UsageSample.silent)
        == #"{"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":186}}"#)
  }

  @Test(arguments: 0..<10)
  func `what comes out of garbage is JSON where JSON went in, and nothing otherwise`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let alphabet = Array("{}[]\",:\\ 01n".utf8)
    for _ in 0..<300 {
      let row = rows.randomElement(using: &generator)!
      var bytes = Array("{\"usage\":\(row.before)}".utf8)
      for _ in 0..<Int.random(in: 0..<4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = alphabet.randomElement(using: &generator)!
      }
      let text = String(decoding: bytes, as: UTF8.self)
      guard let after = joined(text, row.prefill) else { continue }
      #expect(isJSON(text) && isJSON(after), "\(text) -> \(after)")
      #expect(joined(after, row.prefill) == nil, "\(text) -> \(after)")
    }
  }

  private func isJSON(_ text: String) -> Bool {
    withBytes(of: text) { (try? JSONValue(validating: $0)) != nil }
  }
}
