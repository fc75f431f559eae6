internal import Vocabulary

/// What of a new configuration takes the place of the old one's while the router runs: workers,
/// clients' keys, limits, time-outs, retries, health.
///
/// Pure. Everything else stays as it was, and is named.
struct ConfigurationReload {
  /// What the router is to run on with.
  let configuration: RouterConfiguration
  /// Workers that are named now and were not.
  let added: [RouterConfiguration.WorkerEntry]
  /// Workers that were named and are not now.
  let removed: [RouterConfiguration.WorkerEntry]
  /// Parts that have changed and count only after a restart, by their names in
  /// `RouterConfiguration`.
  let needRestart: [String]

  /// The step from `old`, which runs, to `new`, which is valid.
  init(from old: RouterConfiguration, to new: RouterConfiguration) {
    var next = old
    ConfigurationReload.take(new, into: &next)
    configuration = next
    added = new.workers.filter { !old.workers.contains($0) }
    removed = old.workers.filter { !new.workers.contains($0) }
    // Whatever is still different was not taken.
    needRestart = zip(Mirror(reflecting: next).children, Mirror(reflecting: new).children)
      .compactMap { mine, asked in
        "\(mine.value)" == "\(asked.value)" ? nil : mine.label ?? "something"
      }
  }

  private static func take(_ new: RouterConfiguration, into next: inout RouterConfiguration) {
    let connections = next.limits.clientConnections
    next.workers = new.workers
    next.limits = new.limits
    // Counted over all loops, by a counter that has its bound for life.
    next.limits.clientConnections = connections
    next.timeouts = new.timeouts
    next.http2 = new.http2
    next.retries = new.retries
    next.health = new.health
    next.loadCheckInterval = new.loadCheckInterval
    next.admission.maxConcurrentRequests = new.admission.maxConcurrentRequests
    next.admission.queueSize = new.admission.queueSize
    let panicThreshold = next.breaker.panicThreshold
    if new.breaker.isOff == next.breaker.isOff {
      next.breaker = new.breaker
      next.breaker.panicThreshold = panicThreshold
    }
    takeCertificates(new.tls, into: &next.tls)
    next.clients.allowedOrigins = new.clients.allowedOrigins
    next.clients.requestIDHeaders = new.clients.requestIDHeaders
    if new.clients.asksForKeys == next.clients.asksForKeys {
      next.clients.keys = new.clients.keys
      next.clients.keysFile = new.clients.keysFile
    }
  }

  /// Certificates may come from other files, but a port that speaks TLS goes on to.
  private static func takeCertificates(_ new: TLSSettings, into next: inout TLSSettings) {
    var taken = new
    taken.coversAdmin = next.coversAdmin
    taken.coversMetrics = next.coversMetrics
    if new.servesClients != next.servesClients {
      taken.certificatePaths = next.certificatePaths
      taken.keyPaths = next.keyPaths
      taken.clientAuthoritiesPath = next.clientAuthoritiesPath
    }
    next = taken
  }
}
