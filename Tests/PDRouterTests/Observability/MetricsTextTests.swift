import EventLoop
import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct MetricsTextTests {
  private func text(_ loops: [LoopMetrics], _ registry: WorkerRegistry) -> PrometheusText {
    PrometheusText(MetricsText(loops: loops, workers: registry.workers, now: .zero).write().text)
  }

  /// The record of a request that took so many milliseconds.
  private func record(
    _ endpoint: Endpoint, milliseconds: Int64, _ change: (inout RouteRecord) -> Void = { _ in }
  ) -> RouteRecord {
    var record = RouteRecord()
    record.endpoint = endpoint
    record.receivedAt = at(1000)
    record.endedAt = at(1000 + milliseconds)
    record.attempts = 1
    change(&record)
    return record
  }

  @Test func `everything at zero is text that a scraper reads, with every name`() {
    let metrics = text([LoopMetrics()], makeRegistry([.prefill, .decode, .both]))
    #expect(metrics.faults == [])
    #expect(Set(metrics.types.keys) == Set(MetricName.allCases.map(\.rawValue)))
    #expect(metrics["vllm_router_active_workers"] == 3)
    #expect(metrics[#"vllm_router_worker_health{worker="http://w0:8000"}"#] == 1)
  }

  @Test func `the loops add up`() {
    let loops = (0..<3).map { _ in LoopMetrics() }
    for (number, loop) in loops.enumerated() {
      for _ in 0...number {
        loop.count(.chatCompletions)
        loop.count(record(.chatCompletions, milliseconds: 20) { $0.attempts = 3 })
        loop.countRefused()
      }
    }
    let metrics = text(loops, makeRegistry([]))
    #expect(metrics.faults == [])
    #expect(metrics[#"vllm_router_requests_total{route="/v1/chat/completions"}"#] == 6)
    #expect(metrics[#"vllm_router_retries_total{route="/v1/chat/completions"}"#] == 12)
    #expect(metrics["vllm_router_refused_requests_total"] == 6)
    let route = #"{route="/v1/chat/completions"}"#
    #expect(metrics["vllm_router_request_duration_seconds_count\(route)"] == 6)
    #expect(metrics["vllm_router_request_duration_seconds_sum\(route)"] == 0.12)
    #expect(metrics["vllm_router_generate_duration_seconds_count"] == 6)
  }

  @Test func `who is in and who waits is asked of the gate, refusals of the loops`() {
    var settings = AdmissionSettings()
    settings.maxConcurrentRequests = 7
    let gate = AdmissionGate(settings)
    #expect(gate.take(now: .zero) == .taken && gate.take(now: .zero) == .taken)
    #expect(gate.beginWaiting())
    let loops = [LoopMetrics(), LoopMetrics()]
    for refusal in [AdmissionRefusal.full, .full, .clientGone] { loops[0].count(refusal) }
    loops[1].count(.full)
    loops[1].count(record(.completions, milliseconds: 900) { $0.lineTime = .milliseconds(400) })
    loops[1].count(record(.completions, milliseconds: 900))
    let metrics = PrometheusText(
      MetricsText(loops: loops, workers: [], now: .zero, gate: gate).write().text)
    #expect(metrics.faults == [])
    #expect(metrics["vllm_router_requests_in_flight"] == 2)
    #expect(metrics["vllm_router_max_concurrent_requests"] == 7)
    #expect(metrics["vllm_router_queue_depth"] == 1)
    #expect(metrics["vllm_router_queue_wait_seconds_count"] == 1)
    #expect(metrics[#"vllm_router_queue_wait_seconds_bucket{le="0.5"}"#] == 1)
    #expect(metrics[#"vllm_router_queue_refused_total{reason="full"}"#] == 3)
    #expect(metrics[#"vllm_router_queue_refused_total{reason="client_gone"}"#] == 1)
    #expect(metrics[#"vllm_router_queue_refused_total{reason="timeout"}"#] == 0)
  }

  @Test func `buckets accumulate, include their bound and end in all`() {
    let loop = LoopMetrics()
    for milliseconds in [1, 2, 100, 101, 500_000] as [Int64] {
      loop.count(record(.completions, milliseconds: milliseconds))
    }
    let metrics = text([loop], makeRegistry([]))
    func bucket(_ bound: String) -> Double? {
      metrics[
        "vllm_router_request_duration_seconds_bucket{route=\"/v1/completions\",le=\"\(bound)\"}"]
    }
    #expect(bucket("0.001") == 1)
    #expect(bucket("0.005") == 2)
    #expect(bucket("0.1") == 3)
    #expect(bucket("0.25") == 4)
    #expect(bucket("240.0") == 4)
    #expect(bucket("480.0") == 4)
    #expect(bucket("960.0") == 5)
    #expect(bucket("+Inf") == 5)
  }

  @Test func `pauses are told by the attempts before them, and the last one takes the rest`() {
    let loop = LoopMetrics()
    for attempt in [1, 1, 2, 8, 30] { loop.countBackoff(.milliseconds(60), attempt: attempt) }
    let metrics = text([loop], makeRegistry([]))
    #expect(metrics.faults == [])
    func count(_ attempt: Int) -> Double? {
      metrics["vllm_router_retry_backoff_duration_seconds_count{attempt=\"\(attempt)\"}"]
    }
    #expect((1...9).map(count) == [2, 1, nil, nil, nil, nil, nil, 2, nil])
    let bucket = "vllm_router_retry_backoff_duration_seconds_bucket"
    #expect(metrics["\(bucket){attempt=\"1\",le=\"0.05\"}"] == 0)
    #expect(metrics["\(bucket){attempt=\"1\",le=\"0.1\"}"] == 2)
  }

  @Test
  func `a request is exhausted that failed with its last attempt, by what may be tried again`() {
    let failures: [(RouteRecord.Outcome, Int, RouterError.Kind?, Int)] = [
      (.failed, 502, .broken, 1), (.failed, 504, .tookTooLong(.firstByte), 1),
      (.completed, 503, nil, 1), (.completed, 429, nil, 1), (.completed, 200, nil, 0),
      (.completed, 400, nil, 0), (.failed, 504, .timedOut, 0), (.clientGone, 0, nil, 0),
    ]
    for (outcome, status, kind, count) in failures {
      for attempts in 1...3 {
        let loop = LoopMetrics()
        loop.count(
          record(.completions, milliseconds: 5) {
            $0.outcome = outcome
            $0.status = status
            $0.error = kind.map { RouterError($0, origin: .worker, message: "") }
            $0.attempts = attempts
            $0.hasUsedUpAttempts = attempts != 2
          })
        let told = text([loop], makeRegistry([]))[
          #"vllm_router_retries_exhausted_total{route="/v1/completions"}"#]
        #expect(told == (attempts == 3 && count == 1 ? 1 : nil), "\(outcome) \(status)")
      }
    }
  }

  @Test func `errors, disconnects, splits and first tokens are counted by what the record says`() {
    let loop = LoopMetrics()
    let registry = makeRegistry([.prefill, .decode])
    loop.count(
      record(.completions, milliseconds: 5) {
        $0.error = RouterError(.timedOut, origin: .router, message: "")
        $0.outcome = .failed
      })
    loop.count(
      record(.completions, milliseconds: 5) {
        $0.outcome = .clientGone
        $0.leftIn = .decodeWait
      })
    loop.count(
      record(.completions, milliseconds: 5) {
        $0.prefillWorker = registry.workers[0]
        $0.firstTokenAt = at(1002)
      })
    loop.count(record(.embeddings, milliseconds: 5) { $0.firstTokenAt = at(1002) })
    let metrics = text([loop], registry)
    let errors = "vllm_router_request_errors_total"
    #expect(metrics["\(errors){route=\"/v1/completions\",error_type=\"request_timeout\"}"] == 1)
    #expect(metrics[#"vllm_router_client_disconnects_total{stage="decode_wait"}"#] == 1)
    #expect(metrics[#"vllm_router_client_disconnects_total{stage="queue"}"#] == 0)
    #expect(metrics[#"vllm_router_pd_requests_total{route="/v1/completions"}"#] == 1)
    #expect(metrics["vllm_router_time_to_first_token_seconds_count"] == 1)
    let split = "vllm_router_pd_request_duration_seconds_count"
    #expect(metrics[split + #"{route="/v1/completions"}"#] == 1)
  }

  @Test func `workers are told by URL, with their own counts and the legs of their role`() {
    let registry = makeRegistry([.prefill, .decode])
    let workers = registry.workers
    workers[0].reserve(TokenCount(3))
    workers[1].reserve(TokenCount(3))
    workers[1].release(TokenCount(3))
    workers[1].noteFailure()
    _ = workers[1].setHealthy(false)
    let metrics = text([LoopMetrics()], registry)
    let (one, two) = (#"{worker="http://w0:8000"}"#, #"{worker="http://w1:8000"}"#)
    #expect(metrics["vllm_router_running_requests\(one)"] == 1)
    #expect(metrics["vllm_router_running_requests\(two)"] == 0)
    #expect(metrics["vllm_router_processed_requests_total\(two)"] == 1)
    #expect(metrics["vllm_router_worker_failures_total\(two)"] == 1)
    #expect(metrics["vllm_router_worker_health\(two)"] == 0)
    #expect(metrics["vllm_router_active_workers"] == 1)
    #expect(metrics["vllm_router_pd_prefill_requests_total\(one)"] == 1)
    #expect(metrics["vllm_router_pd_prefill_requests_total\(two)"] == nil)
    #expect(metrics["vllm_router_pd_decode_requests_total\(two)"] == 1)
  }

  @Test func `a worker's load has what others put there, while its engine has said it lately`() {
    let registry = makeRegistry([.both, .both, .both])
    let workers = registry.workers
    let load = ReportedLoad(foreignRequests: 5, running: 3, waiting: 3, kvUsage: 0.25)
    workers[0].reserve(TokenCount(3))
    workers[0].note(LoadReport(load: load, freshUntil: .zero))
    workers[1].note(LoadReport(load: load, freshUntil: Instant(nanoseconds: -1)))
    let metrics = text([LoopMetrics()], registry)
    let labels = (0..<3).map { #"{worker="http://w\#($0):8000"}"# }
    #expect(labels.map { metrics["vllm_router_worker_load\($0)"] } == [6, 0, 0])
    #expect(labels.map { metrics["vllm_router_worker_kv_usage\($0)"] } == [0.25, nil, nil])
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"),
    ("\"\\\n", "\\\"\\\\\\n"), ("", ""), ("é", "é"),
  ])
  func `a label's value is escaped`(value: String, escaped: String) {
    #expect(MetricsText.escaped(value) == escaped)
    let sample = PrometheusText(
      "# HELP x A number.\n# TYPE x gauge\nx{l=\"\(MetricsText.escaped(value))\"} 1\n")
    #expect(sample.faults == [])
  }

  @Test func `what the baseline counts of embeddings and caches is told by the same names`() {
    let loop = LoopMetrics()
    loop.count(.embeddings)
    loop.count(record(.embeddings, milliseconds: 7))
    loop.count(
      record(.embeddings, milliseconds: 7) {
        $0.error = RouterError(.unreachable, origin: .worker, message: "")
      }, isSplitPool: true)
    loop.countCacheChoice(3)
    loop.countCacheChoice(0)
    loop.countCacheChoice(0)
    loop.countPrefixDecision(.serving, .loadImbalance)
    loop.countPrefixDecision(.prefill, .loadImbalance)
    let metrics = text([loop, LoopMetrics()], makeRegistry([]))
    #expect(metrics.faults == [])
    #expect(metrics["vllm_router_embeddings_total"] == 1)
    #expect(metrics["vllm_router_embeddings_duration_seconds_count"] == 2)
    #expect(metrics["vllm_router_generate_duration_seconds_count"] == 0)
    let errors = #"_total{error_type="worker_unreachable"}"#
    #expect(metrics["vllm_router_embeddings_errors\(errors)"] == 1)
    #expect(metrics["vllm_router_pd_errors\(errors)"] == 1)
    #expect(metrics["vllm_router_cache_hits_total"] == 1)
    #expect(metrics["vllm_router_cache_misses_total"] == 2)
    #expect(metrics["vllm_router_load_balancing_events_total"] == 2)
  }

  @Test func `pools are told with the baseline's labels`() throws {
    let registry = WorkerRegistry()
    registry.add(try WorkerURL("http://p:1@3"), role: .prefill)
    registry.add(try WorkerURL("http://d:1"), role: .decode)
    registry.add(try WorkerURL("http://e:1"), role: .decode)
    let workers = registry.workers
    workers[0].reserve(TokenCount(30))
    var reservation = Reservation()
    reservation.take(workers[1], TokenCount(30), isPending: true)
    workers[2].reserve(TokenCount(1))
    workers[2].noteFailure()
    workers[2].tally.noteDecision()
    workers[2].tally.noteBrokenStream()
    workers[2].tally.noteConnections(busy: 3, idle: 2)
    workers[2].tally.noteConnections(busy: -1, idle: 1)
    var metrics = PrometheusText(
      MetricsText(
        loops: [LoopMetrics()], workers: workers, now: .zero,
        policies: (.roundRobin, .leastLoad)
      ).write().text)
    #expect(metrics.faults == [])
    #expect(metrics[#"vllm_router_pd_prefill_occupancy{worker="http://p:1",rank="3"}"#] == 1)
    #expect(metrics[#"vllm_router_pd_active_prefill_tokens{worker="http://p:1",rank="3"}"#] == 30)
    let decode = #"{worker="http://d:1",rank="aggregate"}"#
    #expect(metrics["vllm_router_pd_pending_decode_requests\(decode)"] == 1)
    #expect(metrics["vllm_router_pd_active_decode_requests\(decode)"] == 0)
    let other = #"{worker="http://e:1"}"#
    #expect(metrics["vllm_router_pd_decode_errors_total\(other)"] == 1)
    #expect(metrics["vllm_router_pd_stream_errors_total\(other)"] == 1)
    #expect(metrics["vllm_router_max_load"] == 1)
    let decisions = "vllm_router_policy_decisions_total"
    #expect(metrics[decisions + #"{policy="least_load",worker="http://e:1"}"#] == 1)
    #expect(metrics[decisions + #"{policy="round_robin",worker="http://p:1@3"}"#] == 0)
    let connections = "vllm_router_worker_connections"
    #expect(metrics[connections + #"{worker="http://e:1",state="busy"}"#] == 2)
    #expect(metrics[connections + #"{worker="http://e:1",state="idle"}"#] == 3)
    reservation.legHasBegun()
    reservation.legHasBegun()
    metrics = text([LoopMetrics()], registry)
    #expect(metrics["vllm_router_pd_pending_decode_requests\(decode)"] == 0)
    #expect(metrics["vllm_router_pd_active_decode_requests\(decode)"] == 1)
    reservation.release()
  }

  @Test func `OpenMetrics has the families' names and an end`() {
    let loop = LoopMetrics()
    loop.count(record(.completions, milliseconds: 5))
    let text = MetricsText(
      loops: [loop], workers: makeRegistry([.both]).workers, now: .zero,
      policies: (.random, .random),
      program: ProgramFigures(process: .current(), droppedLogLines: 7), format: .openMetrics
    ).write().text
    let metrics = PrometheusText(text, isOpenMetrics: true)
    #expect(metrics.faults == [])
    #expect(text.contains("\n# TYPE vllm_router_requests counter\n"))
    #expect(metrics["vllm_router_log_lines_dropped_total"] == 7)
    #expect((metrics["process_resident_memory_bytes"] ?? 0) > 1_000_000)
    #expect((metrics["process_start_time_seconds"] ?? 0) > 1.7e9)
    #expect(metrics[#"vllm_router_build_info{version="\#(RouterVersion.text)"}"#] == 1)
  }

  @Test func `every metric has a meaning, and a type that its name agrees with`() {
    for name in MetricName.allCases {
      #expect(name.help.utf8CodeUnitCount > 10)
      #expect((name.type.description == "counter") == name.rawValue.hasSuffix("_total"))
    }
  }
}

extension LoopMetrics {
  /// Counts a record that is nobody's.
  fileprivate func count(_ record: RouteRecord, isSplitPool: Bool = false) {
    var record = record
    count(&record, isSplitPool: isSplitPool)
  }
}
