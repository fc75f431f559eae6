internal import Vocabulary

// Requests that wait because no worker can be chosen for them.
extension RouterLoop {
  /// The shortest time that any leg may take, by the limits that are in use.
  static func shortestLegLimit(of configuration: RouterConfiguration) -> Duration {
    let timeouts = configuration.timeouts
    var limits = [timeouts.firstByte, timeouts.streamIdle]
    if configuration.isDisaggregated { limits.append(timeouts.prefill) }
    return limits.filter { $0 > .zero }.min() ?? timeouts.request
  }

  /// Takes a request among those that wait for a worker; it is told when the workers have changed.
  ///
  /// One that is among them already keeps its place, so that whoever came first chooses first.
  ///
  /// - Returns: false when as many wait as may, or the router stops.
  func letWait(_ request: Request) -> Bool {
    if !request.course.isWaiting {
      guard !isDraining, loops.addWaiter(limit: configuration.admission.queueSize) else {
        return false
      }
      if waiting.isEmpty { registry.addWatcher(mailbox) }
      waiting.append(request)
      request.course.isWaiting = true
      metrics.noteWaiting(waiting.count)
    }
    // What changed between the look at the workers and the watch was told to nobody.
    if registry.version != workers.version { mailbox.post(.notice(.workersChanged)) }
    return true
  }

  /// A request waits no longer, for whatever reason.
  func stopWaiting(_ request: Request) {
    precondition(request.course.isWaiting, "a request stops waiting once")
    request.course.isWaiting = false
    waiting.removeAll { $0 === request }
    loops.removeWaiter()
    if waiting.isEmpty { registry.removeWatcher(mailbox) }
    metrics.noteWaiting(waiting.count)
  }

  /// Lets those that wait look for a worker again, in the order they came.
  func wakeWaiting() {
    for request in waiting { request.workersChanged() }
  }
}
