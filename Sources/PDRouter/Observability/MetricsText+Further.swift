internal import EventLoop
internal import Policies
internal import Vocabulary

// What concerns single requests and their tokens, and the program.
extension MetricsText {
  /// One of the metrics that `write` leaves to others.
  mutating func writeFurther(_ name: MetricName) {
    switch name {
    case .generateDuration, .embeddings, .embeddingsDuration, .embeddingsErrors, .requestBytes,
      .responseBytes, .responses, .tokenGap, .timePerToken, .stageDuration, .clientDisconnects,
      .clientConnections, .splitErrors, .decodePending:
      request(name)
    case .http2Connections, .http2LiveStreams, .http2Streams, .http2StreamsReset,
      .http2StreamsStalled, .http2ConnectionsEnded:
      http2(name)
    case .buildInfo, .logLinesDropped, .processStart, .processCPU, .processMemory,
      .processDescriptors, .processDescriptorLimit:
      program(name)
    case .tlsHandshakes, .tlsResumptions, .tlsCertificateEnd: security(name)
    default: pool(name)
    }
  }

  private mutating func request(_ name: MetricName) {
    let embeddings = Int(Endpoint.embeddings.rawValue)
    switch name {
    case .generateDuration:
      let generating = Endpoint.allCases.filter { $0.generationShape != nil }
      histogram(
        name, "",
        loops.flatMap { loop in generating.map { loop.durations[Int($0.rawValue)] } })
    case .embeddings: line(name, "", loops.reduce(0) { $0 + $1.requests.value(at: embeddings) })
    case .embeddingsDuration: histogram(name) { $0.durations[embeddings] }
    case .embeddingsErrors: codes(name) { $0.errors.value(at: LoopMetrics.codes * embeddings + $1) }
    case .splitErrors: codes(name) { $0.splitErrors.value(at: $1) }
    case .requestBytes: routes(name) { $0.requestBytes }
    case .responseBytes: routes(name) { $0.answerBytes }
    case .responses: responses(name)
    case .tokenGap: histogram(name) { $0.tokenGaps }
    case .timePerToken: histogram(name) { $0.tokenTimes }
    case .decodePending: histogram(name) { $0.pendingDecodes }
    case .stageDuration:
      for stage in RouteStage.allCases {
        histogram(name, "stage=\"\(stage.name)\"", loops.map { $0.stages[stage.rawValue] })
      }
    case .clientDisconnects:
      for stage in LeavingStage.allCases {
        let sum = loops.reduce(0) { $0 + $1.disconnects.value(at: stage.rawValue) }
        line(name, "stage=\"\(stage.name)\"", sum)
      }
    case .clientConnections: single(name, .clientConnections)
    default: preconditionFailure("\(name) is not about requests")
    }
  }

  /// One series for each error code that has occurred.
  private mutating func codes(_ name: MetricName, _ value: (LoopMetrics, Int) -> Int) {
    for place in 0..<LoopMetrics.codes {
      let sum = loops.reduce(0) { $0 + value($1, place) }
      if sum > 0 { line(name, "error_type=\"\(LoopMetrics.errorCodes[place])\"", sum) }
    }
  }

  private mutating func responses(_ name: MetricName) {
    var sums: [UInt32: Int] = [:]
    for loop in loops { loop.responses.forEach { sums[$0.key, default: 0] += $1 } }
    for (key, count) in sums.sorted(by: { $0.key < $1.key }) {
      let kind = ResponseKind(key: key)
      line(name, "route=\"\(kind.endpoint.label)\",\(kind.labels)", count)
    }
    let rest = loops.reduce(0) { $0 + $1.responses.beyondCapacity }
    if rest > 0 { line(name, ResponseKind.labelsBeyondCapacity, rest) }
  }

  private mutating func program(_ name: MetricName) {
    guard let program else { return }
    switch name {
    case .buildInfo: line(name, "version=\"\(RouterVersion.text)\"", 1)
    case .logLinesDropped: line(name, "", program.droppedLogLines)
    case .processStart: line(name, "", program.process.startedAt)
    case .processCPU: line(name, "", program.process.processorSeconds)
    case .processMemory: line(name, "", program.process.residentBytes)
    case .processDescriptors:
      if let count = program.process.openDescriptors { line(name, "", count) }
    case .processDescriptorLimit: line(name, "", program.process.descriptorLimit)
    default: preconditionFailure("\(name) is not about the program")
    }
  }
}
