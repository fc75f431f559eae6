internal import EventLoop
internal import PDRouter

/// Lets a simulated router read its letters when its loop is woken, as the program does.
final class FleetMail: LoopHandler {
  private weak var router: RouterLoop?

  /// Reads for `router` as long as it is there.
  init(_ router: RouterLoop) {
    self.router = router
  }

  func loopDidWake(_ loop: any Loop) {
    router?.readMail()
  }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
}
