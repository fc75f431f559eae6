internal import EventLoop
internal import Policies
internal import Vocabulary
internal import Wire

/// Answers any GET on the metrics port with the metrics, as the baseline does.
final class MetricsEndpoint: ExchangeHandler {
  private let loops: [LoopMetrics]
  private let registry: WorkerRegistry
  private let prefixes: PrefixIndex?
  private let gate: AdmissionGate
  private unowned let loop: any Loop

  /// An endpoint on `loop`, for the metrics of all `loops`.
  init(
    loops: [LoopMetrics], registry: WorkerRegistry, on loop: any Loop, prefixes: PrefixIndex?,
    gate: AdmissionGate
  ) {
    self.gate = gate
    self.loop = loop
    self.prefixes = prefixes
    self.loops = loops
    self.registry = registry
  }

  func handle(_ exchange: Exchange) {
    var fields = ByteBuffer(capacity: 128)
    fields.append("content-type: text/plain; version=0.0.4; charset=utf-8\r\n")
    let text = MetricsText(
      loops: loops, workers: registry.workers, now: loop.now, prefixes: prefixes,
      gate: gate
    ).write()
    exchange.respond(status: 200, fields: fields, body: text)
  }

  func didRefuse(status: Int) {}
}
