public import Logging
internal import Vocabulary

/// Leaves one structured log line for each request: where it went, how it ended, when.
public final class RouteLog: RouteObserver {
  private let logger: Logger

  /// A log written to `logger` at level info.
  public init(logger: Logger) {
    self.logger = logger
  }

  /// Writes the line.
  public func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer) {
    guard logger.logLevel <= .info else { return }
    var metadata: Logger.Metadata = [
      "request_id": "\(String(decoding: requestID, as: UTF8.self))",
      "route": "\(record.endpoint.label)",
      "status": "\(record.status)",
      "outcome": "\(record.outcome.rawValue)",
      "reason": "\(record.reason)",
      "attempts": "\(record.attempts)",
      "request_bytes": "\(record.requestBytes)",
      "answer_bytes": "\(record.answerBytes)",
      "total_ms": RouteLog.milliseconds(record.receivedAt, record.endedAt),
    ]
    if let worker = record.servingWorker {
      metadata[record.prefillWorker == nil ? "worker" : "decode"] = "\(worker.url)"
    }
    if let prefill = record.prefillWorker {
      metadata["prefill"] = "\(prefill.url)"
      metadata["kv_handle"] = "\(record.handleOutcome)"
      metadata["prefill_ms"] = RouteLog.milliseconds(
        record.prefillStartedAt, record.prefillEndedAt)
    }
    if let first = record.firstTokenAt {
      metadata["ttft_ms"] = RouteLog.milliseconds(record.receivedAt, first)
    }
    if record.tokenEvents > 0 { metadata["token_events"] = "\(record.tokenEvents)" }
    if let error = record.error { metadata["error"] = "\(error.message)" }
    logger.info("request", metadata: metadata)
  }

  private static func milliseconds(_ start: Instant?, _ end: Instant?) -> Logger.MetadataValue {
    guard let start, let end else { return "-" }
    let microseconds = (end - start).wholeNanoseconds / 1000
    return "\(microseconds / 1000).\(String(1000 + microseconds % 1000).dropFirst())"
  }
}
