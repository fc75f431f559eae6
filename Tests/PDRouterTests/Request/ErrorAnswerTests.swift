import JSONFields
import Testing
import Vocabulary

@testable import PDRouter

/// A kind of failure with the status and names it must have.
private let kinds: [(RouterError.Kind, Int, String, String)] = [
  (.badRequest(status: 400), 400, "invalid_request_error", "bad_request"),
  (.badRequest(status: 404), 404, "not_found_error", "bad_request"),
  (.badRequest(status: 413), 413, "invalid_request_error", "bad_request"),
  (.noWorker, 503, "service_unavailable_error", "no_available_workers"),
  (.overloaded, 503, "service_unavailable_error", "overloaded"),
  (.shuttingDown, 503, "service_unavailable_error", "shutting_down"),
  (.unreachable, 502, "bad_gateway_error", "worker_unreachable"),
  (.broken, 502, "bad_gateway_error", "worker_connection_broken"),
  (.malformedAnswer, 502, "bad_gateway_error", "malformed_worker_answer"),
  (.leaseExpired, 502, "bad_gateway_error", "kv_lease_expired"),
  (.workerStatus(503), 503, "worker_error", "worker_error"),
  (.workerStatus(500), 500, "worker_error", "worker_error"),
  (.queueFull, 429, "rate_limit_error", "queue_full"),
  (.rateLimited, 429, "rate_limit_error", "rate_limited"),
  (.queueTimedOut, 408, "timeout_error", "queue_timeout"),
  (.timedOut, 504, "timeout_error", "request_timeout"),
  (.tookTooLong(.connecting), 504, "timeout_error", "connect_timeout"),
  (.tookTooLong(.prefill), 504, "timeout_error", "prefill_timeout"),
  (.tookTooLong(.firstByte), 504, "timeout_error", "first_byte_timeout"),
  (.tookTooLong(.silence), 504, "timeout_error", "stream_idle_timeout"),
]

struct ErrorAnswerTests {
  @Test(arguments: kinds)
  func `a failure has its status, type and code`(
    kind: RouterError.Kind, status: Int, type: String, code: String
  ) throws {
    let error = RouterError(kind, origin: .router, message: "A sentence.")
    #expect(error.status == status)
    var buffer = ByteBuffer()
    ErrorAnswer.append(error, to: &buffer)
    let expected =
      #"{"error":{"message":"A sentence.","type":"\#(type)","param":null,"code":"\#(code)"}}"#
    #expect(buffer.text == expected)
    _ = try JSONFields(validating: buffer.bytes)
  }

  @Test(arguments: [
    "plain", "a \"quoted\" word", "back\\slash", "line\nfeed\r\ttab", "nul \u{0} and \u{1F}",
    "ünïcödé 漢字 🙂", "</script>", "",
  ])
  func `any message makes valid JSON and reads back`(message: String) throws {
    var buffer = ByteBuffer()
    ErrorAnswer.append(
      RouterError(.broken, origin: .decode, message: message), to: &buffer)
    let root = try JSONValue(validating: buffer.bytes)
    let told = root["error"]?["message"]
    #expect(told?.string == message)
  }

  @Test func `as an event it is one data line and the end of the stream`() {
    var buffer = ByteBuffer()
    ErrorAnswer.appendEvent(
      RouterError(.broken, origin: .decode, message: "two\nlines"), to: &buffer)
    let events = buffer.text.split(separator: "\n\n", omittingEmptySubsequences: false)
    #expect(events.count == 3)
    #expect(events[0].hasPrefix("data: {\"error\":{") && !events[0].contains("\n"))
    #expect(events[1] == "data: [DONE]")
    #expect(events[2].isEmpty)
  }

  @Test func `every code of an error has a counter`() {
    for (kind, _, _, code) in kinds {
      let error = RouterError(kind, origin: .router, message: "")
      #expect(error.code.description == code)
      #expect(LoopMetrics.errorCodes.contains { $0.description == code })
    }
  }
}
