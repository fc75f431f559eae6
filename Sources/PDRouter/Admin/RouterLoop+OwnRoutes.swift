internal import EventLoop
internal import Vocabulary

extension RouterLoop {
  /// Answers what the router answers without a worker, or finds out who is to.
  func answerItself(_ endpoint: Endpoint, _ exchange: Exchange) {
    switch endpoint {
    case .health, .liveness, .readiness:
      OwnAnswers.answer(
        endpoint, exchange, registry: registry, isWatched: loops.watchesWorkers,
        isLeaving: isLeaving)
    case .finishSession: SessionEnding.answer(exchange, memory: policyMemory)
    case .schedulingDiagnostics: OwnAnswers.noProgramScheduling(exchange)
    case .metrics:
      OwnAnswers.metricsAreElsewhere(exchange, port: configuration.metrics?.port)
    case .models, .flushCache, .loads, .healthGenerate, .modelInfo, .serverInfo, .storedResponse,
      .responseCancel, .responseInput, .responseInputItems:
      SurveyDesk(self).answer(endpoint, exchange)
    default: WorkerDesk(self).answer(endpoint, exchange)
    }
  }
}
