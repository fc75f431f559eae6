internal import EventLoop
internal import KVTransfer
final class ReleaseDesk {
  unowned let router: RouterLoop
  init(router: RouterLoop) { self.router = router }
  func release(_ order: ReleaseOrder, except: Worker?) {
    if router.ledger.beginRelease(order.handle, now: router.loop.now) {
      router.settle(order.handle, as: .expired)
    }
  }
  func makeSure(_ order: ReleaseOrder, decode: Worker) {
    if router.ledger.beginRelease(order.handle, now: router.loop.now) {
      router.settle(order.handle, as: .released(order.reason, by: .decodeAbort))
    }
  }
}
