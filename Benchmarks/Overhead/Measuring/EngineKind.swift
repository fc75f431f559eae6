/// What answers behind the routers.
enum EngineKind: String, CaseIterable {
  /// `OverheadBenchmark backend`: fixed bytes at once.
  case canned
  /// `vllm-router engine`: a simulated vLLM, whose steps end on its loop's timer (5 ms).
  case simulated
}
