extension MetricName {
  /// The meaning of what concerns single requests and tokens, workers, pools and the program.
  var furtherHelp: StaticString {
    switch self {
    case .generateDuration: "Request durations of the routes that generate tokens."
    case .embeddings: "Requests for embeddings."
    case .embeddingsDuration: "Request durations of embeddings."
    case .embeddingsErrors: "Errors told to clients that asked for embeddings, by kind."
    case .requestBytes: "Bytes of the bodies of routed requests."
    case .responseBytes: "Bytes of the bodies of the answers to routed requests."
    case .responses: "Answers to clients by route, method and status, as they were sent."
    case .backendResponses: "Answers of workers by route, phase, method and status."
    case .tokenGap: "Time from one token of a stream to the next."
    case .timePerToken: "Average time from token to token of a stream."
    case .stageDuration: "Time of requests in each stage."
    case .clientConnections: "Open client connections."
    case .workerConnections: "Open connections to a worker, with a request on them or idle."
    case .policyDecisions: "Choices that fell on a worker, by the policy of its leg."
    case .cacheHits: "Choices of a worker that was taken to have some of the prompt cached."
    case .cacheMisses: "Choices of a worker that was taken to have nothing of the prompt cached."
    case .balancingEvents: "Choices of cache_aware in which load came before the cache."
    case .maxLoad: "The most requests in flight on an eligible worker."
    case .minLoad: "The fewest requests in flight on an eligible worker."
    case .prefillErrors: "Prefill legs that a prefill worker failed, by connection or by a 5xx."
    case .decodeErrors: "Legs that a decode worker failed, by connection or by a 5xx."
    case .streamErrors: "Answers of a decode worker that broke after they had begun."
    case .splitErrors: "Errors told to clients where the pools are split, by kind."
    case .prefillOccupancy: "Requests on a prefill worker."
    case .activePrefillTokens: "Estimated prompt tokens of the requests on a prefill worker."
    case .pendingDecodes: "Requests reserved on a decode worker whose prefill is not over."
    case .activeDecodes: "Requests that a decode worker was sent and has not ended."
    case .decodePending: "Time from the choice of a pair until decode's leg was begun."
    case .buildInfo: "Always 1; the version is a label."
    case .logLinesDropped: "Log lines lost to a slow reader or an unwritable file."
    case .processStart: "When the process started, in seconds since 1970."
    case .processCPU: "CPU time of the process, user and system."
    case .processMemory: "Resident memory of the process."
    case .processDescriptors: "Open file descriptors of the process."
    case .processDescriptorLimit: "The most file descriptors that it may open."
    default: preconditionFailure("\(self) has no meaning written down")
    }
  }
}
