import KVTransfer
import Testing
import Vocabulary

@testable import PDRouter

/// A driver of `ReleaseQueue` whose workers answer, fail, fill up and go away at random.
private struct QueueModel {
  var generator: SplitMix64
  var limits = ReleaseLimits()
  var queue: ReleaseQueue
  let orders: [ReleaseOrder]
  var ended: [KVHandleID: Int] = [:]
  var out: [(order: ReleaseOrder, worker: WorkerID)] = []
  var departures: [Instant] = []
  var attempts: [KVHandleID: Int] = [:]
  var now = at(1000)
  private var given = 0

  init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
    limits.callsInFlight = Int.random(in: 1...8, using: &generator)
    limits.callsPerWorker = Int.random(in: 1...4, using: &generator)
    limits.lookAhead = Int.random(in: 1...4, using: &generator)
    limits.callsPerSecond = Int.random(in: 50...2000, using: &generator)
    queue = ReleaseQueue(limits: limits)
    orders = makeOrders(60)
  }

  /// One random thing happens; then everything that can leave does.
  mutating func step() {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<3: give()
    case 3..<6: endCall()
    case 6: queue.unpark()
    case 7: endAny()
    default: now = now + .milliseconds(Int.random(in: 0...40, using: &generator))
    }
    pump(hasWorkers: Int.random(in: 0..<4, using: &generator) > 0)
  }

  /// Everything comes, every worker answers.
  mutating func finish() {
    while given < orders.count { give() }
    for _ in 0..<10_000 where queue.count > 0 {
      queue.unpark()
      pump(hasWorkers: true)
      while !out.isEmpty { endCall() }
      for order in queue.helplessOrders { end(order) }
      now = max(now, queue.wake ?? now)
    }
  }

  private mutating func give() {
    guard given < orders.count else { return }
    queue.add(orders[given], tried: TriedWorkers(), notBefore: nil)
    given += 1
  }

  private mutating func pump(hasWorkers: Bool) {
    while let order = queue.next(now: now) {
      let worker = WorkerID(number: UInt32.random(in: 0..<3, using: &generator))
      if !hasWorkers {
        queue.park(order)
      } else if !queue.hasRoom(at: worker) {
        queue.wait(order)
      } else {
        queue.depart(order, to: worker, now: now)
        out.append((order, worker))
        departures.append(now)
        attempts[order.handle, default: 0] += 1
      }
      check()
    }
  }

  private mutating func endCall() {
    guard !out.isEmpty else { return }
    let (order, _) = out.remove(at: Int.random(in: out.indices, using: &generator))
    if Bool.random(using: &generator) {
      end(order)
    } else {
      let wasSent = Int.random(in: 0..<3, using: &generator) > 0
      if !wasSent { attempts[order.handle, default: 1] -= 1 }
      let isLast = attempts[order.handle] == limits.attempts
      #expect(queue.fail(order, wasSent: wasSent, mayRepeat: true, now: now) == !isLast)
    }
    check()
  }

  private mutating func endAny() {
    guard let order = queue.orders.randomElement(using: &generator) else { return }
    out.removeAll { $0.order === order }
    end(order)
  }

  private mutating func end(_ order: ReleaseOrder) {
    queue.end(order)
    ended[order.handle, default: 0] += 1
  }

  private func check() {
    #expect(queue.callsInFlight == out.count && out.count <= limits.callsInFlight)
    for number in 0..<3 {
      let worker = WorkerID(number: UInt32(number))
      let calls = out.count { $0.worker == worker }
      #expect(queue.calls(at: worker) == calls && calls <= limits.callsPerWorker)
    }
  }
}

struct ReleaseQueuePropertyTests {
  @Test(arguments: 0..<40)
  func `whatever happens, every order ends exactly once and no limit is passed`(seed: UInt64) {
    var model = QueueModel(seed: seed)
    for _ in 0..<400 { model.step() }
    model.finish()
    #expect(model.queue.count == 0 && model.queue.callsInFlight == 0)
    #expect(model.ended.count == model.orders.count)
    #expect(model.ended.values.allSatisfy { $0 == 1 })
    #expect(model.attempts.values.allSatisfy { $0 <= model.limits.attempts })
    let perSecond = model.limits.callsPerSecond
    for (place, start) in model.departures.enumerated() {
      let within = model.departures[place...].prefix { $0 - start < .seconds(1) }
      #expect(within.count <= perSecond + model.limits.callsInFlight)
    }
  }
}
