/// A flag of the baseline whose feature is not here: named when it is used, never passed over.
struct RefusedFlag {
  /// What the flags are for, as it follows "is refused: ".
  let reason: String
  /// The flags, with their dashes.
  let names: [String]

  /// All of them, by feature.
  static let all: [RefusedFlag] = [
    RefusedFlag(
      reason:
        "workers are not found through Kubernetes yet; name them, or add them by POST /workers",
      names: [
        "--service-discovery", "--selector", "--prefill-selector", "--decode-selector",
        "--service-discovery-port", "--service-discovery-namespace",
      ]),
    RefusedFlag(
      reason: "workers do not register themselves over ZeroMQ yet; name them, or add them by "
        + "POST /workers",
      names: ["--vllm-discovery-address"]),
    RefusedFlag(
      reason: "engines' KV events are not followed yet; kv_aware weighs what the router has sent",
      names: [
        "--kv-event-source", "--kv-event-replay-source", "--kv-event-block-size",
        "--kv-event-model", "--pd-kv-events", "--kv-penalty-host", "--kv-penalty-external",
        "--kv-penalty-disk", "--kv-aware-session-affinity-ttl-secs",
      ]),
    RefusedFlag(
      reason: "programs of several requests are not scheduled as one",
      names: ["--enable-program-scheduling", "--program-scheduling-config-json"]),
    RefusedFlag(
      reason: "there is no WebAssembly middleware",
      names: ["--wasm-middleware", "--wasm-middleware-sha256", "--wasm-middleware-route"]),
    RefusedFlag(
      reason: "the debugging balancer is not part of this program; vllm-router demo shows a fleet",
      names: ["--mini-lb"]),
    RefusedFlag(
      reason: "encoders are not disaggregated",
      names: ["--epd-config"]),
    RefusedFlag(
      reason: "traces are not exported; the trace fields of requests are passed on to the workers",
      names: [
        "--enable-trace", "--otlp-traces-endpoint", "--otel-sampling-ratio",
        "--otel-excluded-paths",
      ]),
    RefusedFlag(
      reason: "answers are not kept; /v1/responses/{id} is asked of the workers",
      names: ["--history-backend"]),
    RefusedFlag(
      reason: "profiles are taken with perf or valgrind from outside",
      names: ["--profile"]),
  ]

  /// Why `word` of a command line is refused, one sentence; nil when it is not.
  static func refusal(of word: String) -> String? {
    let name = word.prefix { $0 != "=" }
    guard name.hasPrefix("--"), let refused = all.first(where: { $0.names.contains(String(name)) })
    else { return nil }
    return "\(name) is refused: \(refused.reason)"
  }
}
