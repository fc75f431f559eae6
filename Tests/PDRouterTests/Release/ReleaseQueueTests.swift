import KVTransfer
import Testing
import Vocabulary

@testable import PDRouter

/// Orders for so many handles of one ledger.
func makeOrders(_ count: Int) -> [ReleaseOrder] {
  var ledger = KVLedger(lease: .seconds(30), margin: .seconds(3))
  return (0..<count).map { _ in
    makeOrder(ledger.beginPrefill(on: WorkerID(number: 0), now: .zero))
  }
}

struct ReleaseQueueTests {
  private let one = WorkerID(number: 1)
  private let two = WorkerID(number: 2)

  /// A queue with `count` orders in line, in the order of their places.
  private func makeQueue(
    _ count: Int, _ change: (inout ReleaseLimits) -> Void = { _ in }
  ) -> (ReleaseQueue, [ReleaseOrder]) {
    var limits = ReleaseLimits()
    limits.callsPerSecond = 1_000_000
    change(&limits)
    var queue = ReleaseQueue(limits: limits)
    let orders = makeOrders(count)
    for order in orders { queue.add(order, tried: TriedWorkers(), notBefore: nil) }
    return (queue, orders)
  }

  @Test func `who came first is first`() {
    var (queue, orders) = makeQueue(5)
    for order in orders {
      let next = queue.next(now: at(1))
      #expect(next === order)
      queue.depart(order, to: one, now: at(1))
    }
    #expect(queue.next(now: at(1)) == nil)
    #expect(queue.count == 5 && queue.callsInFlight == 5)
    for order in orders { queue.end(order) }
    #expect(queue.count == 0 && queue.callsInFlight == 0 && queue.calls(at: one) == 0)
  }

  @Test func `no more calls are out than the limit, and the next goes when one ends`() {
    var (queue, orders) = makeQueue(4) { $0.callsInFlight = 2 }
    for place in 0..<2 {
      #expect(queue.next(now: at(1)) === orders[place])
      queue.depart(orders[place], to: one, now: at(1))
    }
    #expect(queue.next(now: at(1)) == nil && queue.wake == nil)
    queue.end(orders[0])
    #expect(queue.next(now: at(2)) === orders[2])
  }

  @Test func `a worker has room for so many calls`() {
    var (queue, orders) = makeQueue(3) { $0.callsPerWorker = 2 }
    for place in 0..<2 {
      #expect(queue.hasRoom(at: one))
      #expect(queue.next(now: at(1)) === orders[place])
      queue.depart(orders[place], to: one, now: at(1))
    }
    #expect(!queue.hasRoom(at: one) && queue.hasRoom(at: two))
    queue.end(orders[1])
    #expect(queue.hasRoom(at: one))
  }

  @Test func `orders whose workers are busy are overtaken, but only by so many`() {
    var (queue, orders) = makeQueue(6) { $0.lookAhead = 2 }
    #expect(queue.next(now: at(1)) === orders[0])
    queue.depart(orders[0], to: one, now: at(1))
    #expect(queue.next(now: at(1)) === orders[1])
    queue.wait(orders[1])
    #expect(queue.next(now: at(1)) === orders[2])
    queue.depart(orders[2], to: two, now: at(1))
    #expect(queue.next(now: at(1)) === orders[3])
    queue.wait(orders[3])
    #expect(queue.next(now: at(1)) == nil)
    queue.end(orders[0])
    for place in [1, 3, 4] {
      #expect(queue.next(now: at(1)) === orders[place])
      queue.depart(orders[place], to: one, now: at(1))
    }
  }

  @Test func `a failed order pauses, then asks again, and rests after its last attempt`() throws {
    var (queue, orders) = makeQueue(1)
    let order = orders[0]
    var now = at(1000)
    for pause in [Duration.milliseconds(50), .milliseconds(250)] {
      #expect(queue.next(now: now) === order)
      queue.depart(order, to: one, now: now)
      #expect(queue.fail(order, mayRepeat: true, now: now) == true)
      let worker = Worker(id: one, url: try WorkerURL("http://d:1"), role: .decode)
      #expect(queue.record(of: worker, with: order) == .failedOrder)
      #expect(queue.wake == now + pause)
      #expect(queue.next(now: now + pause + .nanoseconds(-1)) == nil)
      now = now + pause
    }
    #expect(queue.next(now: now) === order)
    queue.depart(order, to: two, now: now)
    #expect(queue.fail(order, mayRepeat: true, now: now) == false)
    #expect(queue.next(now: now + .seconds(60)) == nil && queue.wake == nil)
    #expect(queue.helplessOrders.count == 1 && queue.callsInFlight == 0)
    queue.end(order)
    #expect(queue.count == 0)
  }

  @Test(arguments: [false, true])
  func `an engine that cannot be reached fails an order with all its ranks`(
    isOfEngine: Bool
  ) throws {
    let registry = WorkerRegistry()
    for text in ["http://d:1@0", "http://d:1@1", "http://e:1@0"] {
      registry.add(try WorkerURL(text), role: .decode)
    }
    let ranks = registry.workers
    var (queue, orders) = makeQueue(1)
    _ = queue.next(now: at(1))
    queue.depart(orders[0], to: ranks[0].id, now: at(1))
    _ = queue.fail(orders[0], by: isOfEngine ? ranks[0] : nil, mayRepeat: true, now: at(1))
    let records = ranks.map { queue.record(of: $0, with: orders[0]) }
    #expect(records == [.failedOrder, isOfEngine ? .failedOrder : .clean, .clean])
  }

  @Test func `an order that reaches nobody is tried for as long as its lease lasts`() {
    var (queue, orders) = makeQueue(1)
    let order = orders[0]
    var now = at(1000)
    for milliseconds in [50, 250, 250, 1000, 1000, 1000] {
      #expect(queue.next(now: now) === order)
      queue.depart(order, to: one, now: now)
      #expect(queue.fail(order, wasSent: false, mayRepeat: true, now: now) == true)
      now = now + .milliseconds(milliseconds)
      #expect(queue.wake == now)
    }
    // Calls that are sent count as ever.
    for isLast in [false, false, true] {
      #expect(queue.next(now: now) === order)
      queue.depart(order, to: one, now: now)
      #expect(queue.fail(order, mayRepeat: true, now: now) == !isLast)
      now = now + .seconds(1)
    }
    #expect(queue.helplessOrders.count == 1)
  }

  @Test func `an order that may not be repeated rests at once`() {
    var (queue, orders) = makeQueue(1)
    #expect(queue.next(now: at(1)) === orders[0])
    queue.depart(orders[0], to: one, now: at(1))
    #expect(queue.fail(orders[0], mayRepeat: false, now: at(1)) == false)
    #expect(queue.wake == nil && queue.count == 1)
  }

  @Test func `who has nobody to ask waits until there may be somebody`() {
    var (queue, orders) = makeQueue(2)
    for order in orders {
      #expect(queue.next(now: at(1)) === order)
      queue.park(order)
    }
    #expect(queue.next(now: at(9)) == nil && queue.wake == nil)
    #expect(queue.helplessOrders.count == 2)
    queue.end(orders[0])
    queue.unpark()
    #expect(queue.next(now: at(9)) === orders[1])
  }

  @Test func `the rate holds back what goes beyond the burst`() {
    var (queue, orders) = makeQueue(5) {
      $0.callsInFlight = 2
      $0.callsPerSecond = 100
    }
    for place in 0..<2 {
      #expect(queue.next(now: at(1000)) === orders[place])
      queue.depart(orders[place], to: one, now: at(1000))
      queue.end(orders[place])
    }
    #expect(queue.next(now: at(1000)) == nil)
    #expect(queue.wake == at(1010))
    #expect(queue.next(now: at(1010)) === orders[2])
  }

  @Test func `an order may end wherever it is`() {
    var (queue, orders) = makeQueue(6)
    for place in 0..<5 { #expect(queue.next(now: at(1)) === orders[place]) }
    queue.depart(orders[0], to: one, now: at(1))
    queue.depart(orders[1], to: one, now: at(1))
    #expect(queue.fail(orders[1], mayRepeat: true, now: at(1)) == true)
    queue.wait(orders[2])
    queue.park(orders[3])
    queue.depart(orders[4], to: two, now: at(1))
    #expect(queue.fail(orders[4], mayRepeat: false, now: at(1)) == false)
    #expect(queue.idleOrders(where: { _ in true }).count == 5 && queue.orders.count == 6)
    for order in orders { queue.end(order) }
    queue.unpark()
    #expect(queue.next(now: at(99_999)) == nil && queue.wake == nil)
    #expect(queue.count == 0 && queue.callsInFlight == 0)
  }
}
