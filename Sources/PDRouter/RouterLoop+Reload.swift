internal import EventLoop
internal import Vocabulary

// A new configuration while requests are under way: they go on as they began, but for time-outs and
// retries, which count from now on.
extension RouterLoop {
  /// Runs on with `next`, which differs from the present one only in what may change meanwhile.
  func take(_ next: RouterConfiguration) {
    let probes = (configuration.health, configuration.loadCheckInterval)
    configuration = next
    shortestLegLimit = RouterLoop.shortestLegLimit(of: next)
    requestIDFields = RequestIDFields(next.clients.requestIDHeaders)
    crossOrigin = CrossOrigin(origins: next.clients.allowedOrigins)
    for frontend in frontends {
      frontend.take(next.limits, next.timeouts)
      frontend.http2 = next.http2
      if frontend.crossOrigin != nil { frontend.crossOrigin = crossOrigin }
    }
    for pool in pools { pool?.take(next.timeouts) }
    if probes != (next.health, next.loadCheckInterval) { watcher?.beginAnew() }
    // There may be more room.
    admission.admitWaiting()
  }
}
