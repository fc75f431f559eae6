internal import Logging

/// Takes care of a router's workers as the program does, without a log: for simulated worlds.
///
/// Confined to the router's loop.
package final class SilentWatch {
  private let watch: WorkerWatch

  /// Watches the workers of `router`; starts at once.
  package init(_ router: RouterLoop) {
    watch = WorkerWatch(
      router: router, logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() })
    watch.start()
  }

  /// Ends all probing and asking.
  package func stop() {
    watch.stop()
  }
}
