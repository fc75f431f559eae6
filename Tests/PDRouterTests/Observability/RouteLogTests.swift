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
    record.queueTime = .microseconds(1_002_003)
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

  @Test func `nothing is written when the level is above info`() {
    #expect(lines(RouteRecord(), level: .notice).isEmpty)
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
