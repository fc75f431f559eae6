import Testing
import Vocabulary

@testable import PDRouter

struct WorkerRegistrationTests {
  private func read(
    _ body: String, split: Bool = true
  ) throws -> WorkerRegistration {
    try withBytes(of: body) { try WorkerRegistration($0, isDisaggregated: split) }
  }

  @Test func `everything that may be said of a worker is read`() throws {
    let asked = try read(
      #"{"url":"http://p:1/","worker_type":"prefill","bootstrap_port":8998,"key":"tp4","#
        + #""labels":{"zone":"a","rack":"7"},"model_id":"m","priority":50,"cost":1.0}"#)
    #expect(asked.url.text == "http://p:1" && asked.role == .prefill)
    #expect(asked.details.bootstrapPort == 8998 && asked.details.key == "tp4")
    #expect(asked.details.labels == ["zone": "a", "rack": "7"])
  }

  @Test func `what is null or missing is not said`() throws {
    let asked = try read(
      #"{"url":"http://p:1","worker_type":null,"bootstrap_port":null,"key":null,"labels":null}"#,
      split: false)
    #expect(asked.role == .both && asked.details == WorkerDetails())
  }

  @Test(arguments: [
    ("", true), ("[]", true), ("{", true), (#"{"worker_type":"prefill"}"#, true),
    (#"{"url":7,"worker_type":"decode"}"#, true), (#"{"url":"","worker_type":"decode"}"#, true),
    (#"{"url":"grpc://p:1","worker_type":"decode"}"#, true), (#"{"url":"http://p:1"}"#, true),
    (#"{"url":"http://p:1","worker_type":"regular"}"#, true),
    (#"{"url":"http://p:1","worker_type":"prefill"}"#, false),
    (#"{"url":"http://p:1","worker_type":"Decode"}"#, true),
    (#"{"url":"http://p:1","worker_type":1}"#, false),
    (#"{"url":"http://p:1","bootstrap_port":0}"#, false),
    (#"{"url":"http://p:1","bootstrap_port":65536}"#, false),
    (#"{"url":"http://p:1","bootstrap_port":"8998"}"#, false),
    (#"{"url":"http://p:1","bootstrap_port":1e400}"#, false),
    (#"{"url":"http://p:1","labels":[1]}"#, false),
    (#"{"url":"http://p:1","labels":{"a":1}}"#, false), (#"{"url":"http://p:1","key":1}"#, false),
  ])
  func `a body that says it wrong is refused with the baseline's code`(
    body: String, split: Bool
  ) {
    #expect {
      _ = try read(body, split: split)
    } throws: { error in
      let refusal = error as? AdminRefusal
      return refusal?.status == 400 && refusal?.code.description == "ADD_WORKER_FAILED"
        && refusal?.message.isEmpty == false
    }
  }

  @Test func `long texts and many labels are refused`() {
    let long = String(repeating: "x", count: 3000)
    let many = (0..<100).map { "\"l\($0)\":\"\"" }.joined(separator: ",")
    for extra in ["\"key\":\"\(long)\"", "\"labels\":{\"a\":\"\(long)\"}", "\"labels\":{\(many)}"] {
      #expect(throws: AdminRefusal.self) {
        try read("{\"url\":\"http://p:1\",\(extra)}", split: false)
      }
    }
    #expect(throws: AdminRefusal.self) { try read(#"{"url":"http://\#(long)"}"#, split: false) }
  }

  @Test func `no bytes stop the program`() {
    var generator = SplitMix64(seed: 5)
    let whole = Array(
      #"{"url":"http://p:1","worker_type":"prefill","bootstrap_port":8998,"labels":{"a":"b"}}"#.utf8
    )
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0...Int(generator.next(upperBound: 3 as UInt64)) {
        bytes[Int(generator.next(upperBound: UInt64(bytes.count)))] = UInt8(
          truncatingIfNeeded: generator.next())
      }
      bytes.removeLast(Int(generator.next(upperBound: 4 as UInt64)))
      bytes.withUnsafeBytes { bytes in
        _ = try? WorkerRegistration(bytes, isDisaggregated: true)
      }
    }
  }
}
