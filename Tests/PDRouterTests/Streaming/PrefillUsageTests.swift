import Testing
import Vocabulary

@testable import PDRouter

private func usage(_ text: String) -> PrefillUsage? {
  withBytes(of: text) { PrefillUsage(readingFrom: $0) }
}

struct PrefillUsageTests {
  @Test func `both dialects are read`() {
    let prompt = usage(
      #"{"usage":{"prompt_tokens":186,"prompt_tokens_details":{"cached_tokens":64}}}"#)
    #expect(prompt?.inputTokens == 186 && prompt?.cachedTokens == 64)
    let input = usage(
      #"{ "usage" : { "input_tokens" : 98 , "input_tokens_details" : { "cached_tokens" : 0 } } }"#)
    #expect(input?.inputTokens == 98 && input?.cachedTokens == 0)
  }

  @Test func `usage is found among the other members of an answer`() {
    let answer =
      #"{"id":"u","choices":[{"text":"\"usage\":{","usage":{"prompt_tokens":1}}],"#
      + #""usage":{"prompt_tokens":7,"total_tokens":8,"completion_tokens":1},"#
      + #""kv_transfer_params":{"usage":{"prompt_tokens":9}}}"#
    #expect(usage(answer)?.inputTokens == 7)
  }

  @Test(arguments: [
    "null", "3", "-1", "187", "1.5", "\"3\"", "18446744073709551616", "{}", "1e400",
  ])
  func `a count of cached tokens that cannot be is none`(cached: String) {
    let read = usage(
      #"{"usage":{"prompt_tokens":2,"prompt_tokens_details":{"cached_tokens":\#(cached)}}}"#)
    #expect(read?.inputTokens == 2 && read?.cachedTokens == nil)
  }

  @Test(arguments: [
    "", "{", "{}", "[]", "null", #"{"usage":null}"#, #"{"usage":{}}"#, #"{"usage":[1]}"#,
    #"{"usage":{"prompt_tokens":-1}}"#, #"{"usage":{"prompt_tokens":"5"}}"#,
    #"{"usage":{"prompt_tokens":9223372036854775808}}"#, #"{"usage":{"prompt_tokens":5"#,
    #"{"usage":{"prompt_tokens":5,}}"#, #"{"choices":{"usage":{"prompt_tokens":5}}}"#,
    #""usage":{"prompt_tokens":5}"#,
  ])
  func `an answer without a count of the input gives nothing`(answer: String) {
    #expect(usage(answer) == nil)
  }

  @Test func `details are kept where they are an object of a few members`() {
    func read(_ details: String) -> String? {
      usage(#"{"usage":{"prompt_tokens":2,"prompt_tokens_details":\#(details)}}"#)
        .map { String(decoding: $0.details, as: UTF8.self) }
    }
    let few = #"{"audio_tokens":1, "cached_tokens":2}"#
    #expect(read(few) == few)
    for none in ["{}", "null", "[1]", "3"] { #expect(read(none)?.isEmpty == true) }
    let many = "{" + (0...16).map { "\"m\($0)\":1" }.joined(separator: ",") + "}"
    #expect(read(many)?.isEmpty == true)
    let long = "{\"m\":\"" + String(repeating: "x", count: 1024) + "\"}"
    #expect(read(long)?.isEmpty == true)
  }

  @Test func `an answer cut anywhere before its usage is complete gives nothing`() {
    let answer = Array(#"{"id":"1","usage":{"prompt_tokens":12,"total_tokens":13},"x":1}"#.utf8)
    let end = Array(#"{"id":"1","usage":{"prompt_tokens":12,"total_tokens":13}"#.utf8).count
    for cut in 0...answer.count {
      let read = answer[..<cut].withUnsafeBytes { PrefillUsage(readingFrom: $0) }
      #expect((read != nil) == (cut >= end), "cut at \(cut)")
    }
  }

  @Test(arguments: 0..<5)
  func `garbage gives nothing or a count that can be`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let sample = Array(
      #"{"usage":{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":3,"a":[1]}}}"#.utf8)
    let alphabet = Array("{}[]\",:\\0123x".utf8)
    for _ in 0..<1000 {
      var bytes = sample
      for _ in 0..<Int.random(in: 1..<6, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
          alphabet.randomElement(using: &generator)!
      }
      guard let read = bytes.withUnsafeBytes({ PrefillUsage(readingFrom: $0) }) else { continue }
      #expect(read.inputTokens >= 0)
      #expect(read.cachedTokens.map { $0 >= 0 && $0 <= read.inputTokens } ?? true)
    }
  }
}
