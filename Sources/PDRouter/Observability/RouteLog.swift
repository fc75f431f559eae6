public import LogLines
public import Logging
internal import Vocabulary

/// Leaves one structured log line for each request: where it went, how it ended, when.
///
/// The line is `request` and the fields of `RouteLogKey` in a fixed order, built in one buffer: a
/// dictionary of metadata would cost more than the routing. Confined to its loop.
public final class RouteLog: RouteObserver {
  /// Bytes of a request id that are logged; a client may send as much as fits a head.
  private static let longestRequestID = 256

  private let target: any LogLineTarget
  private var fields: LogFields

  /// A log written to `target`, at level info.
  public init(target: any LogLineTarget) {
    self.target = target
    fields = LogFields(target.format)
  }

  /// A log written to `logger`, at level info.
  public convenience init(logger: Logger) {
    self.init(target: LoggerTarget(logger))
  }

  /// Writes the line.
  public func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer) {
    fields.removeAll()
    let id = UnsafeRawBufferPointer(rebasing: requestID.prefix(RouteLog.longestRequestID))
    fields.add(RouteLogKey.requestID.rawValue, id)
    add(.route, record.endpoint.label)
    if let client = record.client { fields.add(RouteLogKey.client.rawValue, client) }
    fields.add(RouteLogKey.status.rawValue, number: record.status)
    add(.outcome, record.outcome.name)
    if let stage = record.leftIn { add(.leftIn, stage.name) }
    addWorkers(record)
    fields.add(RouteLogKey.attempts.rawValue, number: record.attempts)
    addTimes(record)
    fields.add(RouteLogKey.requestBytes.rawValue, number: record.requestBytes)
    fields.add(RouteLogKey.answerBytes.rawValue, number: record.answerBytes)
    if record.tokenEvents > 0 {
      fields.add(RouteLogKey.tokenEvents.rawValue, number: record.tokenEvents)
    }
    if let error = record.error { fields.add(RouteLogKey.error.rawValue, error.message) }
    target.write(.info, "request", fields.bytes)
  }

  private func addWorkers(_ record: RouteRecord) {
    if let prefill = record.prefillWorker {
      fields.add(RouteLogKey.prefill.rawValue, prefill.url.text)
    }
    if let worker = record.servingWorker {
      let key: RouteLogKey = record.prefillWorker == nil ? .worker : .decode
      fields.add(key.rawValue, worker.url.text)
      add(.reason, record.reason)
    }
    guard record.prefillWorker != nil else { return }
    // Of a request that was not split `reason` says it.
    if let reason = record.wayReason { add(.splitReason, reason.name) }
    add(.handle, record.handleOutcome)
  }

  private func addTimes(_ record: RouteRecord) {
    add(.queueTime, record.queueTime)
    add(.prefillTime, record.prefillTime)
    add(.handOverTime, record.handOverTime)
    add(.decodeWait, record.decodeWait)
    add(.timeToFirstToken, record.timeToFirstToken)
    add(.timePerToken, record.timePerToken)
    add(.totalTime, record.totalTime)
  }

  private func add(_ key: RouteLogKey, _ word: StaticString) {
    guard word.utf8CodeUnitCount > 0 else { return }
    fields.add(key.rawValue, word)
  }

  private func add(_ key: RouteLogKey, _ time: Duration?) {
    if let time { fields.add(key.rawValue, milliseconds: time) }
  }
}
