internal import Vocabulary

// How long a request took, and where: differences of the record's instants, nil where one never
// came.
extension RouteRecord {
  /// Complete until workers were chosen for the first time.
  public var queueTime: Duration? { time(of: .queue) }

  /// The last prefill leg, to the end of its answer.
  public var prefillTime: Duration? { time(of: .prefill) }

  /// Prefill answered until the decode leg was written; nil where both left together.
  public var handOverTime: Duration? { time(of: .handOver) }

  /// The serving leg written until the first token of its answer.
  public var decodeWait: Duration? { time(of: .decodeWait) }

  /// Complete until the first chunk with a token was written to the client.
  public var timeToFirstToken: Duration? { firstTokenAt.map { $0 - receivedAt } }

  /// From token to token, on average; nil where fewer than two came one by one.
  public var timePerToken: Duration? {
    guard tokenEvents > 1, let time = RouteRecord.nanoseconds(firstTokenAt, lastTokenAt) else {
      return nil
    }
    return .nanoseconds(time / Int64(tokenEvents - 1))
  }

  /// Complete until the end.
  public var totalTime: Duration { endedAt - receivedAt }

  /// What the request is at, for the moment of its client's leaving.
  var stageOfLeaving: LeavingStage {
    if firstTokenAt != nil { return .streaming }
    if prefillStartedAt != nil, prefillEndedAt == nil { return .prefill }
    return servingStartedAt == nil && prefillStartedAt == nil ? .queue : .decodeWait
  }

  /// The time of one stage of a request that has ended.
  func time(of stage: RouteStage) -> Duration? {
    nanoseconds(of: stage).map { .nanoseconds($0) }
  }

  /// The same in nanoseconds: a `Duration` is 128 bits wide, and dividing it is what counting all
  /// stages would mostly do.
  @inline(__always)
  func nanoseconds(of stage: RouteStage) -> Int64? {
    switch stage {
    case .queue:
      RouteRecord.nanoseconds(receivedAt, admittedAt) ?? lineTime?.wholeNanoseconds
    case .prefill:
      prefillWorker == nil ? nil : RouteRecord.nanoseconds(prefillStartedAt, prefillEndedAt)
    case .handOver:
      RouteRecord.nanoseconds(prefillEndedAt, servingSentAt).flatMap { $0 < 0 ? nil : $0 }
    case .decodeWait: RouteRecord.nanoseconds(servingSentAt, firstTokenAt)
    case .decode: lastTokenAt == nil ? nil : RouteRecord.nanoseconds(firstTokenAt, endedAt)
    case .total: endedAt.nanoseconds - receivedAt.nanoseconds
    }
  }

  /// Forgets the instants of the last attempt: another one begins.
  mutating func beginAttempt() {
    attempts += 1
    prefillStartedAt = nil
    prefillEndedAt = nil
    beginServing()
  }

  /// The serving leg is to be sent anew.
  mutating func beginServing() {
    servingStartedAt = nil
    servingSentAt = nil
    servingHeadAt = nil
  }

  @inline(__always)
  private static func nanoseconds(_ start: Instant?, _ end: Instant?) -> Int64? {
    guard let start, let end else { return nil }
    return end.nanoseconds - start.nanoseconds
  }
}
