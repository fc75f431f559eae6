import JSONFields
import LogLines
import Logging
import Synchronization
import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct RouteLogTests {
  /// The lines a log wrote at `level` for one record.
  private func lines(
    _ record: RouteRecord, id: String = "abc", level: Logger.Level = .info
  ) -> [String] {
    let kept = KeptLines()
    let log = RouteLog(
      logger: Logger(label: "test") { _ in KeepingHandler(kept: kept, logLevel: level) })
    var bytes = ByteBuffer()
    bytes.append(id)
    log.requestDidEnd(record, requestID: bytes.bytes)
    return kept.lines.withLock { $0 }
  }

  private func worker(_ number: UInt32, _ role: Role) throws -> Worker {
    Worker(
      id: WorkerID(number: number), url: try WorkerURL("http://w\(number):8000"), role: role)
  }

  private func instant(_ microseconds: Int64) -> Instant {
    Instant(nanoseconds: microseconds * 1000)
  }

  @Test func `a split request's line names both workers, the handle and the times`() throws {
    var record = RouteRecord()
    record.endpoint = .chatCompletions
    record.status = 200
    record.prefillWorker = try worker(0, .prefill)
    record.servingWorker = try worker(1, .decode)
    record.reason = "rotation"
    record.wayReason = WayReason(DisaggregationReason.longPrompt)
    record.handleOutcome = "consumed"
    record.attempts = 1
    record.receivedAt = instant(1000)
    record.prefillStartedAt = instant(1010)
    record.prefillEndedAt = instant(6015)
    record.firstTokenAt = instant(21_000)
    record.endedAt = instant(1_001_000)
    record.requestBytes = 120
    record.answerBytes = 4000
    record.tokenEvents = 16
    #expect(
      lines(record) == [
        "request request_id=abc route=/v1/chat/completions status=200 outcome=completed"
          + " prefill=http://w0:8000 decode=http://w1:8000 reason=rotation"
          + " split_reason=long_prompt kv_handle=consumed attempts=1 prefill_ms=5.005"
          + " ttft_ms=20.000 total_ms=1000.000 request_bytes=120"
          + " answer_bytes=4000 token_events=16"
      ])
  }

  @Test func `a whole request's line has one worker and no handle`() throws {
    var record = RouteRecord()
    record.servingWorker = try worker(3, .both)
    record.reason = "tie"
    record.status = 204
    #expect(
      lines(record) == [
        "request request_id=abc route=other status=204 outcome=completed worker=http://w3:8000"
          + " reason=tie attempts=0 total_ms=0.000 request_bytes=0 answer_bytes=0"
      ])
  }

  @Test func `a request that had to wait says how long`() {
    var record = RouteRecord()
    record.status = 408
    record.outcome = .failed
    record.lineTime = .microseconds(1_002_003)
    record.receivedAt = instant(1000)
    record.endedAt = instant(1_003_003)
    #expect(
      lines(record) == [
        "request request_id=abc route=other status=408 outcome=failed attempts=0"
          + " queue_ms=1002.003 total_ms=1002.003 request_bytes=0 answer_bytes=0"
      ])
  }

  @Test func `an error and an odd request id stay within their line`() {
    var record = RouteRecord()
    record.outcome = .failed
    record.error = RouterError(.noWorker, origin: .router, message: "No worker is \"there\".")
    let line = lines(record, id: "a b\u{7}\n")[0]
    #expect(line.hasPrefix(#"request request_id="a b\x07\x0a" route=other"#))
    #expect(line.hasSuffix(#" error="No worker is \"there\".""#))
  }

  @Test func `a request id is cut at 256 bytes`() {
    let line = lines(RouteRecord(), id: String(repeating: "x", count: 300))[0]
    #expect(line.contains("request_id=" + String(repeating: "x", count: 256) + " route"))
  }

  @Test func `the times that are known are told, in one order and in JSON as numbers`() throws {
    var record = RouteRecord()
    record.servingWorker = try worker(1, .both)
    record.outcome = .clientGone
    record.leftIn = .streaming
    record.attempts = 1
    record.receivedAt = instant(1000)
    record.admittedAt = instant(1500)
    record.servingStartedAt = instant(1500)
    record.servingSentAt = instant(1700)
    record.firstTokenAt = instant(11_700)
    record.lastTokenAt = instant(20_700)
    record.endedAt = instant(21_000)
    record.tokenEvents = 4
    let times = "queue_ms=0.500 decode_wait_ms=10.000 ttft_ms=10.700 tpot_ms=3.000 total_ms=20.000"
    #expect(lines(record)[0].contains(" left_in=streaming worker="))
    #expect(lines(record)[0].contains(" attempts=1 \(times) request_bytes=0"))
    let target = KeptFields()
    withBytes(of: "a\"b") { RouteLog(target: target).requestDidEnd(record, requestID: $0) }
    let text = "{\"x\":0" + (target.lines.withLock { $0 }.first ?? "") + "}"
    try withBytes(of: text) { bytes in
      let object = try JSONValue(validating: bytes)
      #expect(object["request_id"]?.string == "a\"b")
      #expect(object["tpot_ms"]?.double == 3 && object["attempts"]?.integer == 1)
      #expect(object["status"]?.integer == 0 && object["reason"] == nil)
    }
  }

  @Test func `nothing is written when the level is above info`() {
    #expect(lines(RouteRecord(), level: .notice).isEmpty)
  }
}

/// Keeps the fields of records, as JSON.
private final class KeptFields: LogLineTarget {
  let lines = Mutex<[String]>([])
  var format: LogFormat { .json }
  var droppedLines: Int { 0 }

  func write(
    _ level: Logger.Level, _ message: StaticString, _ fields: UnsafeRawBufferPointer
  ) {
    lines.withLock { $0.append(String(decoding: fields, as: UTF8.self)) }
  }
}

/// The lines of a `KeepingHandler`.
private final class KeptLines: Sendable {
  let lines = Mutex<[String]>([])
}

/// Keeps messages instead of writing them.
private struct KeepingHandler: LogHandler {
  let kept: KeptLines
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    kept.lines.withLock { $0.append(event.message.description) }
  }
}
