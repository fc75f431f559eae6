internal import KVTransfer
internal import Vocabulary
internal import Wire

/// The route of the client's request: what kind of work it asks for.
public enum Endpoint: UInt8, CaseIterable, Sendable {
  /// `POST /v1/chat/completions`
  case chatCompletions
  /// `POST /v1/completions`
  case completions
  /// `POST /v1/responses`
  case responses
  /// `POST /generate`
  case generate
  /// `POST /inference/v1/generate`: token ids in, token ids out
  case tokensInOut
  /// `POST /v1/embeddings`
  case embeddings
  /// `POST /rerank`
  case rerank
  /// `POST /v1/rerank`
  case rerankV1
  /// `GET /health`
  case health
  /// `GET /liveness`
  case liveness
  /// `GET /readiness`
  case readiness
  /// `GET /v1/models`
  case models
  /// `GET`, `POST /workers`
  case workers
  /// `GET /pd/handles`
  case handles
  /// `POST /finish_session`
  case finishSession
  /// `GET`, `DELETE /workers/{worker}`
  case worker
  /// `POST /workers/{worker}/drain`
  case workerDrain
  /// `POST /workers/{worker}/undrain`
  case workerUndrain
  /// `GET /workers/{worker}/drained`
  case workerDrained
  /// `POST /add_worker?url=`
  case addWorker
  /// `POST /remove_worker?url=`
  case removeWorker
  /// `GET /list_workers`
  case listWorkers
  /// `POST /flush_cache`
  case flushCache
  /// `GET /get_loads`
  case loads
  /// `GET /health_generate`
  case healthGenerate
  /// `GET /get_model_info`
  case modelInfo
  /// `GET /get_server_info`
  case serverInfo
  /// `GET /scheduling/diagnostics`
  case schedulingDiagnostics
  /// `GET /metrics`
  case metrics
  /// `GET`, `DELETE /v1/responses/{id}`
  case storedResponse
  /// `POST /v1/responses/{id}/cancel`
  case responseCancel
  /// `GET /v1/responses/{id}/input`
  case responseInput
  /// `GET /v1/responses/{id}/input_items`
  case responseInputItems
  /// `POST /v1/load_lora_adapter`
  case loadAdapter
  /// `POST /v1/unload_lora_adapter`
  case unloadAdapter
  /// Anything else: handed to a worker as it is.
  case passThrough

  /// The route's label in logs and metrics; bounded, never the client's own path.
  public var label: StaticString {
    switch self {
    case .chatCompletions: "/v1/chat/completions"
    case .completions: "/v1/completions"
    case .responses: "/v1/responses"
    case .generate: "/generate"
    case .tokensInOut: "/inference/v1/generate"
    case .embeddings: "/v1/embeddings"
    case .rerank: "/rerank"
    case .rerankV1: "/v1/rerank"
    case .health: "/health"
    case .liveness: "/liveness"
    case .readiness: "/readiness"
    case .models: "/v1/models"
    case .workers: "/workers"
    case .handles: "/pd/handles"
    case .finishSession: "/finish_session"
    case .worker: "/workers/{worker}"
    case .workerDrain: "/workers/{worker}/drain"
    case .workerUndrain: "/workers/{worker}/undrain"
    case .workerDrained: "/workers/{worker}/drained"
    case .addWorker: "/add_worker"
    case .removeWorker: "/remove_worker"
    case .listWorkers: "/list_workers"
    case .flushCache: "/flush_cache"
    case .loads: "/get_loads"
    case .healthGenerate: "/health_generate"
    case .modelInfo: "/get_model_info"
    case .serverInfo: "/get_server_info"
    case .schedulingDiagnostics: "/scheduling/diagnostics"
    case .metrics: "/metrics"
    case .storedResponse: "/v1/responses/{id}"
    case .responseCancel: "/v1/responses/{id}/cancel"
    case .responseInput: "/v1/responses/{id}/input"
    case .responseInputItems: "/v1/responses/{id}/input_items"
    case .loadAdapter: "/v1/load_lora_adapter"
    case .unloadAdapter: "/v1/unload_lora_adapter"
    case .passThrough: "other"
    }
  }

  /// Whether the body must be a JSON object that the router reads.
  public var readsBody: Bool {
    switch self {
    case .chatCompletions, .completions, .responses, .generate, .tokensInOut, .embeddings,
      .rerank, .rerankV1:
      true
    default: false
    }
  }

  /// Where the body keeps its token limits, for routes that generate tokens and so can be split
  /// into prefill and decode; nil for the others.
  var generationShape: BodyShape? {
    switch self {
    case .chatCompletions: .chat
    case .completions: .completions
    case .responses: .responses
    case .generate: .generate
    case .tokensInOut: .tokensInOut
    default: nil
    }
  }

  /// Whether the router answers by itself, or finds out itself who is to answer.
  public var isOwn: Bool {
    switch self {
    case .health, .liveness, .readiness, .models, .workers, .handles, .finishSession, .worker,
      .workerDrain, .workerUndrain, .workerDrained, .addWorker, .removeWorker, .listWorkers,
      .flushCache, .loads, .healthGenerate, .modelInfo, .serverInfo, .schedulingDiagnostics,
      .metrics, .storedResponse, .responseCancel, .responseInput, .responseInputItems:
      true
    default: false
    }
  }

  /// Whether the route is for operators: served on their port where there is one.
  public var isAdmin: Bool {
    switch self {
    case .workers, .worker, .workerDrain, .workerUndrain, .workerDrained, .handles, .addWorker,
      .removeWorker,
      .listWorkers, .flushCache, .loads:
      true
    default: false
    }
  }

  /// Whether a worker gets the request as it is, and nothing is known of what it does there.
  var isPassedOn: Bool {
    switch self {
    case .passThrough, .loadAdapter, .unloadAdapter, .modelInfo, .serverInfo, .storedResponse,
      .responseCancel, .responseInput, .responseInputItems:
      true
    default: false
    }
  }

  /// Whether the route tells how the router is, to probes that have no key.
  public var isProbe: Bool {
    switch self {
    case .health, .liveness, .readiness: true
    default: false
    }
  }

  /// Whether the engine that carries it out serves other models then.
  var changesModels: Bool { self == .loadAdapter || self == .unloadAdapter }

  /// The methods the route takes, as an `allow` field lists them; nil when any is passed on.
  var allowedMethods: StaticString? {
    switch self {
    case .health, .liveness, .readiness, .models, .handles, .workerDrained, .listWorkers, .loads,
      .healthGenerate, .modelInfo, .serverInfo, .schedulingDiagnostics, .metrics, .responseInput,
      .responseInputItems:
      "GET, HEAD"
    case .workers: "GET, HEAD, POST"
    case .worker, .storedResponse: "GET, HEAD, DELETE"
    case .passThrough: nil
    default: "POST"
    }
  }

  /// Whether the route takes `method`.
  func takes(_ method: HTTPMethod) -> Bool {
    switch self {
    case .passThrough: true
    case .health, .liveness, .readiness, .models, .handles, .workerDrained, .listWorkers, .loads,
      .healthGenerate, .modelInfo, .serverInfo, .schedulingDiagnostics, .metrics, .responseInput,
      .responseInputItems:
      method == .get || method == .head
    case .workers: method == .get || method == .head || method == .post
    case .worker, .storedResponse: method == .get || method == .head || method == .delete
    default: method == .post
    }
  }

  /// The route of `path` (without its query); compared by length first, so a dozen routes cost a
  /// dozen integer comparisons.
  public init(path: UnsafeRawBufferPointer) {
    for number in 0..<Endpoint.passThrough.rawValue {
      guard let endpoint = Endpoint(rawValue: number), endpoint.isNamed(path) else { continue }
      self = endpoint
      return
    }
    self = WorkerPath(path)?.endpoint ?? ResponsePath(path)?.endpoint ?? .passThrough
  }

  private func isNamed(_ path: UnsafeRawBufferPointer) -> Bool {
    path.isSame(as: label)
  }
}
