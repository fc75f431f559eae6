public import Logging
internal import Vocabulary

/// Leaves one structured log line for each request: where it went, how it ended, when.
///
/// The line is `request` and `key=value` pairs in a fixed order, built in one buffer: a dictionary
/// of metadata would cost more than the routing. Confined to its loop.
public final class RouteLog: RouteObserver {
  /// Bytes of a request id that are logged; a client may send as much as fits a head.
  private static let longestRequestID = 256

  private let logger: Logger
  private var line = ByteBuffer(capacity: 1024)

  /// A log written to `logger` at level info.
  public init(logger: Logger) {
    self.logger = logger
  }

  /// Writes the line.
  public func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer) {
    guard logger.logLevel <= .info else { return }
    line.removeAll(keepingCapacityUpTo: 4096)
    line.append("request request_id=")
    LogValue.append(
      UnsafeRawBufferPointer(rebasing: requestID.prefix(RouteLog.longestRequestID)), to: &line)
    line.append(" route=")
    line.append(record.endpoint.label)
    if let client = record.client {
      line.append(" client=")
      LogValue.append(client, to: &line)
    }
    line.append(" status=")
    line.append(decimal: record.status)
    line.append(" outcome=")
    line.append(record.outcome.rawValue)
    appendWorkers(record)
    appendTimes(record)
    appendSizes(record)
    if let error = record.error {
      line.append(" error=")
      LogValue.append(error.message, to: &line)
    }
    logger.info("\(String(decoding: line.bytes, as: UTF8.self))")
  }

  private func appendWorkers(_ record: RouteRecord) {
    if let prefill = record.prefillWorker {
      line.append(" prefill=")
      line.append(prefill.url.text)
    }
    if let worker = record.servingWorker {
      line.append(record.prefillWorker == nil ? " worker=" : " decode=")
      line.append(worker.url.text)
      line.append(" reason=")
      line.append(record.reason)
    }
    if record.prefillWorker != nil {
      // Of a request that was not split `reason` says it.
      if let reason = record.wayReason {
        line.append(" split_reason=")
        line.append(reason.name)
      }
      line.append(" kv_handle=")
      line.append(record.handleOutcome)
    }
    line.append(" attempts=")
    line.append(decimal: record.attempts)
  }

  private func appendTimes(_ record: RouteRecord) {
    if let queueTime = record.queueTime { append(" queue_ms=", queueTime) }
    if record.prefillWorker != nil {
      appendTime(" prefill_ms=", record.prefillStartedAt, record.prefillEndedAt)
    }
    appendTime(" ttft_ms=", record.receivedAt, record.firstTokenAt)
    appendTime(" total_ms=", record.receivedAt, record.endedAt)
  }

  private func appendSizes(_ record: RouteRecord) {
    line.append(" request_bytes=")
    line.append(decimal: record.requestBytes)
    line.append(" answer_bytes=")
    line.append(decimal: record.answerBytes)
    if record.tokenEvents > 0 {
      line.append(" token_events=")
      line.append(decimal: record.tokenEvents)
    }
  }

  /// Milliseconds with three decimals; nothing when one of the two never came.
  private func appendTime(_ name: StaticString, _ start: Instant?, _ end: Instant?) {
    guard let start, let end else { return }
    append(name, end - start)
  }

  private func append(_ name: StaticString, _ duration: Duration) {
    let microseconds = Int(duration.wholeNanoseconds / 1000)
    line.append(name)
    line.append(decimal: microseconds / 1000)
    line.append(UInt8(ascii: "."))
    let rest = microseconds % 1000
    if rest < 100 { line.append(UInt8(ascii: "0")) }
    if rest < 10 { line.append(UInt8(ascii: "0")) }
    line.append(decimal: rest)
  }
}
