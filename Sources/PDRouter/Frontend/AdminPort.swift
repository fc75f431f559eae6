internal import EventLoop

/// The operators' port: their routes and the probes, and nothing else.
final class AdminPort: ExchangeHandler {
  private unowned let router: RouterLoop

  init(router: RouterLoop) {
    self.router = router
  }

  func handle(_ exchange: Exchange) {
    router.handleOperator(exchange)
  }

  func willRefuse(_ exchange: Exchange) {
    router.willRefuse(exchange)
  }

  func didRefuse(status: Int) {
    router.didRefuse(status: status)
  }

  func didRefuseConnection(_ reason: ConnectionRefusal) {
    router.didRefuseConnection(reason)
  }

  func didEndConnection(_ fault: ConnectionFault) {
    router.didEndConnection(fault)
  }
}
