import Testing
import Vocabulary
import Wire

private func mayHoldUsage(_ text: String) -> Bool {
  latin1(text).withUnsafeBytes { AnswerMarks.mayHoldUsage($0) }
}

private func isAborted(_ text: String) -> Bool {
  latin1(text).withUnsafeBytes { AnswerMarks.isAborted($0) }
}

struct AnswerMarksTests {
  @Test(arguments: [
    #"{"usage":{}}"#, #"{"usage" : {}}"#, "{\"usage\"\t:\n {}}", #""usage":{"#,
    #"{"usage":null,"response":{"usage":{}}}"#, #"gggg "usag" "usage":1 "usage":{"#,
  ])
  func `a usage object is found at any place`(text: String) {
    for padding in 0..<20 {
      #expect(mayHoldUsage(String(repeating: "g", count: padding) + text + "gg"))
    }
    let bytes = latin1(text)
    for cut in 0..<bytes.count {
      let found = bytes[..<cut].withUnsafeBytes { AnswerMarks.mayHoldUsage($0) }
      #expect(!found || cut > bytes.lastIndex(of: UInt8(ascii: "{"))!, "cut at \(cut)")
    }
  }

  @Test(arguments: [
    "", "g", #""usage""#, #""usage":null"#, #""usage":"#, #"\"usage\":{"#, #""Usage":{"#,
    #""usages":{"#, #"usage":{"#, #""usage"{"#, #""usage":[{"#,
  ])
  func `anything else is none`(text: String) {
    #expect(!mayHoldUsage(text))
  }

  @Test func `a whole answer is aborted when one of its choices is`() {
    #expect(isAborted(#"{"id":"b","choices":[{"index":0,"finish_reason":"abort"}]}"#))
    #expect(
      isAborted(
        #"{"choices":[{"message":{"content":"}"},"finish_reason":"stop"},"#
          + #"{"finish_reason": "abort"}]}"#
      ))
    for text in [
      "", "\"abort\"", #"{"finish_reason":"abort"}"#, #"{"choices":{"finish_reason":"abort"}}"#,
      #"{"choices":["finish_reason","abort"]}"#, #"{"choices":["#, #"{"choices":[{"text":"abort"#,
      #"{"choices":[{"message":{"finish_reason":"abort"},"finish_reason":"stop"}]}"#,
      #"{"metadata":{"choices":[{"finish_reason":"abort"}]},"choices":[]}"#,
    ] {
      #expect(!isAborted(text), "\(text)")
    }
  }

  @Test(arguments: 0..<5)
  func `garbage is searched without a fault`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let parts = ["\"usage\"", "\"abort\"", ":", "{", "[", "\"choices\"", "\\", "\"", "g", "b", ","]
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
        parts.randomElement(using: &generator)!
      }.joined()
      let expected = text.contains("\"usage\":{")
      #expect(mayHoldUsage(text) == expected, "\(text)")
      _ = isAborted(text)
    }
  }
}
