import EventLoop

@testable import PDRouter

/// Lets a router of a test read its letters when its loop is woken.
final class MailReader: LoopHandler {
  private weak var router: RouterLoop?

  init(_ router: RouterLoop) { self.router = router }

  func loopDidWake(_ loop: any Loop) { router?.readMail() }

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {}
}
