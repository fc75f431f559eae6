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

  @Test(arguments: [
    (#"{"0":{"engine_id":"a"},"3":{"engine_id":"b","more":[1]}}"#, [0: "a", 3: "b"]),
    ("{}", nil), ("[]", nil), (#"{"0":{}}"#, nil), (#"{"x":{"engine_id":"a"}}"#, nil),
    (#"{"-1":{"engine_id":"a"}}"#, nil), (#"{"99999999999999999999":{"engine_id":"a"}}"#, nil),
    (#"{"0":{"engine_id":7}}"#, nil), (#"{"0":"a"}"#, nil), (#"{"0":{"engine_id":"a"}"#, nil),
  ])
  func `a bootstrap server tells an engine for every rank it names`(
    body: String, engines: [Int: String]?
  ) {
    #expect(withBytes(of: body) { WorkerAnswer.bootstrapEngines($0) } == engines)
  }
}
