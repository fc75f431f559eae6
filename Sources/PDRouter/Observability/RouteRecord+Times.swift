internal import Vocabulary

// How long a request took, and where: differences of the record's instants, nil where one never
// came.
extension RouteRecord {
  /// Complete until workers were chosen for the first time.
  public var queueTime: Duration? { admittedAt.map { $0 - receivedAt } }

  /// The last prefill leg, to the end of its answer.
  public var prefillTime: Duration? {
    guard prefillWorker != nil else { return nil }
    return RouteRecord.time(prefillStartedAt, prefillEndedAt)
  }

  /// Prefill answered until the decode leg was written; nil where both left together.
  public var handOverTime: Duration? {
    guard let prefillEndedAt, let servingSentAt, servingSentAt >= prefillEndedAt else { return nil }
    return servingSentAt - prefillEndedAt
  }

  /// The serving leg written until the first token of its answer.
  public var decodeWait: Duration? { RouteRecord.time(servingSentAt, firstTokenAt) }

  /// Complete until the first chunk with a token was written to the client.
  public var timeToFirstToken: Duration? { firstTokenAt.map { $0 - receivedAt } }

  /// From token to token, on average; nil where fewer than two came one by one.
  public var timePerToken: Duration? {
    guard tokenEvents > 1, let time = RouteRecord.time(firstTokenAt, lastTokenAt) else {
      return nil
    }
    return .nanoseconds(time.wholeNanoseconds / Int64(tokenEvents - 1))
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
    switch stage {
    case .queue: queueTime
    case .prefill: prefillTime
    case .handOver: handOverTime
    case .decodeWait: decodeWait
    case .decode: lastTokenAt == nil ? nil : RouteRecord.time(firstTokenAt, endedAt)
    case .total: totalTime
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

  private static func time(_ start: Instant?, _ end: Instant?) -> Duration? {
    guard let start, let end else { return nil }
    return end - start
  }
}
