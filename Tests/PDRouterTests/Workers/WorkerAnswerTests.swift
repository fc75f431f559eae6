import Testing
import Vocabulary

@testable import PDRouter

struct WorkerAnswerTests {
  @Test(arguments: [
    (#"{"version":"0.11.0"}"#, "0.11.0"), (#"{"version":""}"#, nil), (#"{"version":1}"#, nil),
    ("{}", nil), ("[]", nil), ("", nil), ("0.11.0", nil), (#"{"version":"a"#, nil),
  ])
  func `a version is the string of that name`(body: String, version: String?) {
    #expect(withBytes(of: body) { WorkerAnswer.version($0) } == version)
  }

  @Test(arguments: [
    (#"{"object":"list","data":[{"id":"m1"},{"id":"m2"}]}"#, "m1"), (#"{"data":[]}"#, nil),
    (#"{"data":{"id":"m"}}"#, nil), (#"{"data":[{"id":7}]}"#, nil), ("nothing", nil),
  ])
  func `a model is the first one listed`(body: String, model: String?) {
    #expect(withBytes(of: body) { WorkerAnswer.model($0) } == model)
  }

  @Test func `a text too long to be meant is none`() {
    let long = #"{"version":"\#(String(repeating: "v", count: 600))"}"#
    #expect(withBytes(of: long) { WorkerAnswer.version($0) } == nil)
  }
}
