internal import JSONFields
package import Vocabulary

/// `GET /metrics`: an engine's counters and gauges in Prometheus text format.
///
/// Names and labels are vLLM 0.32.0's where it has such a metric; what only a simulation can know
/// is named `sim:`. Borrows the scheduler while it writes.
package enum EngineMetrics {
  /// Appends everything about one rank.
  package static func write(
    _ engine: borrowing EngineScheduler, rank: Int = 0, to buffer: inout ByteBuffer
  ) {
    let labels = "engine=\"\(rank)\",model_name=\"\(engine.configuration.model)\""
    var writer = MetricsWriter(labels: labels)
    writeGauges(engine, &writer, to: &buffer)
    writeTokens(engine.counters, &writer, to: &buffer)
    writeRequests(engine.counters, &writer, to: &buffer)
    writeTransfers(engine, &writer, to: &buffer)
    writeSimulated(engine, &writer, to: &buffer)
  }

  private static func writeGauges(
    _ engine: borrowing EngineScheduler, _ writer: inout MetricsWriter,
    to buffer: inout ByteBuffer
  ) {
    writer.gauge("vllm:num_requests_running", Double(engine.runningCount), to: &buffer)
    writer.gauge("vllm:num_requests_waiting", Double(engine.waitingCount), to: &buffer)
    writer.family("vllm:num_requests_waiting_by_reason", "gauge", to: &buffer)
    for (reason, count) in [
      ("capacity", engine.capacityWaitingCount), ("deferred", engine.deferredCount),
    ] {
      writer.sample(
        "vllm:num_requests_waiting_by_reason", "reason=\"\(reason)\"", Double(count), to: &buffer)
    }
    writer.gauge("vllm:kv_cache_usage_perc", engine.pool.usage, to: &buffer)
    writer.family("vllm:cache_config_info", "gauge", to: &buffer)
    let cost = engine.configuration.cost
    let info =
      "block_size=\"\(cost.blockTokens)\",num_gpu_blocks=\"\(cost.blocks)\","
      + "kv_cache_size_tokens=\"\(cost.blocks * cost.blockTokens)\""
    writer.sample("vllm:cache_config_info", info, 1, to: &buffer)
  }

  private static func writeTokens(
    _ counters: EngineCounters, _ writer: inout MetricsWriter, to buffer: inout ByteBuffer
  ) {
    writer.counter("vllm:prefix_cache_queries_total", counters.prefixQueries, to: &buffer)
    writer.counter("vllm:prefix_cache_hits_total", counters.prefixHits, to: &buffer)
    writer.counter(
      "vllm:external_prefix_cache_queries_total", counters.externalQueries, to: &buffer)
    writer.counter("vllm:external_prefix_cache_hits_total", counters.externalTokens, to: &buffer)
    writer.counter("vllm:prompt_tokens_total", counters.promptTokens, to: &buffer)
    writer.counters(
      "vllm:prompt_tokens_by_source_total", label: "source",
      [
        ("local_compute", counters.computedPromptTokens),
        ("local_cache_hit", counters.localHitTokens),
        ("external_kv_transfer", counters.externalTokens),
      ], to: &buffer)
    writer.counters(
      "vllm:prompt_tokens_cached_by_source_total", label: "source",
      [
        ("device", counters.localHitTokens), ("host", 0), ("p2p", counters.externalTokens),
        ("disk", 0), ("external_unspecified", 0),
      ], to: &buffer)
    writer.counter("vllm:generation_tokens_total", counters.generationTokens, to: &buffer)
    writer.counter("vllm:num_preemptions_total", 0, to: &buffer)
  }

  private static func writeRequests(
    _ counters: EngineCounters, _ writer: inout MetricsWriter, to buffer: inout ByteBuffer
  ) {
    // vLLM does not count requests whose client left as finished.
    writer.counters(
      "vllm:request_success_total", label: "finished_reason",
      EngineFinishReason.allCases.map { ($0.rawValue, counters.finished[$0] ?? 0) }, to: &buffer)
    let histograms = [
      ("vllm:time_to_first_token_seconds", counters.timeToFirstToken),
      ("vllm:inter_token_latency_seconds", counters.interTokenLatency),
      ("vllm:e2e_request_latency_seconds", counters.requestTime),
      ("vllm:request_queue_time_seconds", counters.queueTime),
      ("vllm:nixl_xfer_time_seconds", counters.transferTime),
    ]
    for (name, histogram) in histograms { writer.histogram(name, histogram, to: &buffer) }
  }

  private static func writeTransfers(
    _ engine: borrowing EngineScheduler, _ writer: inout MetricsWriter,
    to buffer: inout ByteBuffer
  ) {
    let counts = engine.exports.counts
    writer.counter(
      "vllm:nixl_num_failed_transfers_total", engine.counters.failedTransfers, to: &buffer)
    writer.counter("vllm:nixl_num_failed_notifications_total", 0, to: &buffer)
    writer.counter("vllm:nixl_num_kv_expired_reqs_total", counts.expired, to: &buffer)
    writer.counter(
      "vllm:nixl_num_notifications_after_expiry_total", counts.notificationsAfterExpiry,
      to: &buffer)
  }

  private static func writeSimulated(
    _ engine: borrowing EngineScheduler, _ writer: inout MetricsWriter,
    to buffer: inout ByteBuffer
  ) {
    let counts = engine.exports.counts
    writer.gauge("sim:kv_pinned_blocks", Double(engine.exports.pinnedBlocks), to: &buffer)
    writer.gauge("sim:kv_pinned_requests", Double(engine.exports.count), to: &buffer)
    for (name, count) in [
      ("sim:kv_exports_total", counts.exports),
      ("sim:kv_consumed_total", counts.consumed),
      ("sim:kv_released_total", counts.released),
      ("sim:kv_reads_total", counts.reads),
      ("sim:kv_double_use_total", counts.doubleUses),
      ("sim:kv_reads_after_free_total", counts.readsAfterFree),
      ("sim:kv_late_reads_total", counts.lateReads),
      ("sim:kv_reads_after_release_total", counts.readsAfterRelease),
      ("sim:kv_unknown_reads_total", counts.unknownReads),
      ("sim:kv_writes_to_gone_total", counts.writesToGone),
      ("sim:kv_heartbeats_too_late_total", counts.heartbeatsTooLate),
      ("sim:requests_total", engine.counters.requests),
      ("sim:requests_aborted_total", engine.counters.aborted),
      ("sim:steps_total", engine.counters.steps),
    ] {
      writer.counter(name, count, to: &buffer)
    }
  }
}
