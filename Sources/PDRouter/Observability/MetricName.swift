/// The metrics the router exports: name, type and meaning. Names that the baseline has keep their
/// name.
public enum MetricName: String, CaseIterable, Sendable {
  case requests = "vllm_router_requests_total"
  case requestDuration = "vllm_router_request_duration_seconds"
  case requestErrors = "vllm_router_request_errors_total"
  case retries = "vllm_router_retries_total"
  case retriesRefused = "vllm_router_retries_refused_total"
  case refusedRequests = "vllm_router_refused_requests_total"
  case refusedConnections = "vllm_router_refused_connections_total"
  case clientDisconnects = "vllm_router_client_disconnects_total"
  case timeToFirstToken = "vllm_router_time_to_first_token_seconds"
  case activeWorkers = "vllm_router_active_workers"
  case workerHealth = "vllm_router_worker_health"
  case runningRequests = "vllm_router_running_requests"
  case workerLoad = "vllm_router_worker_load"
  case workerKVUsage = "vllm_router_worker_kv_usage"
  case processedRequests = "vllm_router_processed_requests_total"
  case workerFailures = "vllm_router_worker_failures_total"
  case splitRequests = "vllm_router_pd_requests_total"
  case splitDuration = "vllm_router_pd_request_duration_seconds"
  case ways = "vllm_router_pd_decisions_total"
  case prefillRequests = "vllm_router_pd_prefill_requests_total"
  case decodeRequests = "vllm_router_pd_decode_requests_total"
  case handlesBegun = "vllm_router_kv_handles_begun_total"
  case handlesEnded = "vllm_router_kv_handles_ended_total"
  case handlesLive = "vllm_router_kv_handles_live"
  case handlesByStage = "vllm_router_kv_handles"
  case handlesReleased = "vllm_router_kv_handles_released_total"
  case handleAge = "vllm_router_kv_handle_age_seconds"
  case prefixDecisions = "vllm_router_prefix_routing_decisions_total"
  case prefixPredictionError = "vllm_router_prefix_prediction_error"
  case treeSize = "vllm_router_tree_size"
  case prefixIndexBytes = "vllm_router_prefix_index_bytes"
  case prefixIndexEvictions = "vllm_router_prefix_index_evictions_total"
  case shadowDecisions = "vllm_router_shadow_decisions_total"
  case shadowDifferences = "vllm_router_shadow_differences_total"
  case shadowLoadDifference = "vllm_router_shadow_load_difference_requests_total"
  case shadowCachedDifference = "vllm_router_shadow_cached_difference_bytes_total"

  /// The Prometheus type.
  public var type: StaticString {
    switch self {
    case .requestDuration, .timeToFirstToken, .splitDuration, .handleAge: "histogram"
    case .activeWorkers, .workerHealth, .runningRequests, .workerLoad, .workerKVUsage,
      .handlesLive, .handlesByStage, .prefixPredictionError, .treeSize, .prefixIndexBytes:
      "gauge"
    default: "counter"
    }
  }

  /// The meaning, one sentence.
  public var help: StaticString {
    switch self {
    case .requests: "Requests received, by route."
    case .requestDuration: "Time from a complete request to the end of its answer."
    case .requestErrors: "Errors told to clients, by route and kind."
    case .retries: "Further workers tried after one failed."
    case .retriesRefused: "Further attempts that the retry budget did not allow."
    case .refusedRequests: "Messages refused because they are not proper HTTP."
    case .refusedConnections: "Connections of clients that were not taken, by why."
    case .clientDisconnects: "Requests whose client hung up before the answer's end."
    case .timeToFirstToken: "Time from a complete request to the first chunk with a token."
    case .activeWorkers: "Workers found healthy by the last probes."
    case .workerHealth: "Whether a worker is healthy (1) or not (0)."
    case .runningRequests: "Requests in flight on a worker."
    case .workerLoad: "Requests on a worker, those that others have put there included."
    case .workerKVUsage: "Share of a worker's KV cache in use, as its engine said lately."
    case .processedRequests: "Requests sent to a worker."
    case .workerFailures: "Requests that a worker failed, by connection or by a 5xx."
    case .splitRequests: "Requests split into prefill and decode, by route."
    case .splitDuration: "The same time, for requests split into prefill and decode."
    case .ways: "Requests to split pools by the way they went, and why."
    case .prefillRequests: "Prefill legs sent to a worker."
    case .decodeRequests: "Decode legs and whole requests sent to a decode worker."
    case .handlesBegun: "KV handles opened: prefill legs sent."
    case .handlesEnded: "KV handles ended, by outcome."
    case .handlesLive: "KV handles whose life has not ended."
    case .handlesByStage: "KV handles whose life has not ended, by state."
    case .handlesReleased: "Unused KV handles given back, by what told prefill."
    case .handleAge: "Time from a KV handle's parameters to its end."
    case .prefixDecisions: "Choices of cache_aware, by leg and why."
    case .prefixPredictionError: "Share of a worker's predicted cache that its engine did not have."
    case .treeSize: "Prompt bytes that are remembered of a worker."
    case .prefixIndexBytes: "Memory of what is remembered of prompts."
    case .prefixIndexEvictions: "Blocks of workers' prompts that were forgotten to make room."
    case .shadowDecisions: "Choices that the shadow policy was asked about too."
    case .shadowDifferences: "Of these, choices that would have been different."
    case .shadowLoadDifference: "Requests in flight that one of two such workers had more."
    case .shadowCachedDifference: "Bytes of the prompt that one of two such workers had more."
    }
  }
}
