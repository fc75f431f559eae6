internal import EventLoop
internal import Policies
internal import Vocabulary
internal import Wire

/// Answers any request on the metrics port with the metrics, as the baseline does, in the format
/// that the scraper asks for.
final class MetricsEndpoint: ExchangeHandler {
  private let loops: [LoopMetrics]
  private let registry: WorkerRegistry
  private let prefixes: PrefixIndex?
  private let gate: AdmissionGate
  private let policies: (prefill: PolicyName, serving: PolicyName)
  /// What is told of the program; asked for at each scrape.
  private let program: () -> ProgramFigures?
  private unowned let loop: any Loop

  /// An endpoint of `router`'s loop, for the metrics of all `loops`.
  init(
    loops: [LoopMetrics], router: RouterLoop, program: @escaping () -> ProgramFigures? = { nil }
  ) {
    gate = router.admission.gate
    self.loops = loops
    self.program = program
    loop = router.loop
    registry = router.registry
    prefixes = router.workers.caches == nil ? nil : router.policyMemory.prefixes
    policies = (router.configuration.policy(of: .prefill), router.configuration.policy(of: .decode))
  }

  func handle(_ exchange: Exchange) {
    let base = exchange.headBytes.bytes
    let format = MetricsFormat(
      accept: exchange.head.fields.first(.accept)?.value.of(base))
    var fields = ByteBuffer(capacity: 128)
    fields.append("content-type: ")
    fields.append(format.contentType)
    fields.append("\r\n")
    let text = MetricsText(
      loops: loops, workers: registry.workers, now: loop.now, prefixes: prefixes,
      policies: policies, program: program(), gate: gate, format: format
    ).write()
    exchange.respond(status: 200, fields: fields, body: text)
  }

  func didRefuse(status: Int) {}
}
