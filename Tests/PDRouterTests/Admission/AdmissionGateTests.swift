import Dispatch
import Synchronization
import Testing
import Vocabulary

@testable import PDRouter

struct AdmissionGateTests {
  private func makeGate(_ limit: Int, queue: Int = 100, rate: Int? = nil) -> AdmissionGate {
    var settings = AdmissionSettings()
    settings.maxConcurrentRequests = limit
    settings.queueSize = queue
    settings.requestsPerSecond = rate
    return AdmissionGate(settings)
  }

  @Test func `slots are given up to the limit, and again when they come back`() {
    let gate = makeGate(2)
    #expect(gate.take(now: .zero) == .taken && gate.take(now: .zero) == .taken)
    #expect(gate.isFull && gate.take(now: .zero) == .full && gate.inFlight == 2)
    gate.giveBackSlot()
    #expect(gate.freed == 1 && gate.inFlight == 1 && gate.take(now: .zero) == .taken)
    gate.putBack()
    #expect(gate.freed == 1 && gate.inFlight == 1)
  }

  @Test func `a token that finds no slot is not lost`() {
    let gate = makeGate(1, rate: 1)
    #expect(gate.take(now: at(0)) == .taken)
    #expect(gate.take(now: at(0)) == .tokenDue(at(1000)))
    #expect(gate.take(now: at(1000)) == .full && gate.take(now: at(1000)) == .full)
    gate.giveBackSlot()
    #expect(gate.take(now: at(1000)) == .taken)
    gate.putBack()
    #expect(gate.take(now: at(1000)) == .taken && gate.inFlight == 1)
  }

  @Test(arguments: [0, 1, 5])
  func `as many wait as may`(size: Int) {
    let gate = makeGate(1, queue: size)
    for _ in 0..<size { #expect(gate.beginWaiting()) }
    #expect(!gate.beginWaiting() && gate.waiting == size)
    guard size > 0 else { return }
    gate.endWaiting()
    #expect(gate.beginWaiting() && !gate.beginWaiting())
  }

  @Test func `the loop with the first turn is found, unless the asker's is about as early`() {
    let gate = makeGate(1)
    #expect(gate.loopAhead(of: .distantFuture, asker: 0) == nil)
    gate.show(at(500), on: 3)
    gate.show(at(400), on: 255)
    #expect(gate.loopAhead(of: .distantFuture, asker: 0) == 255)
    #expect(gate.loopAhead(of: .distantFuture, asker: 255) == 3)
    #expect(gate.loopAhead(of: at(411), asker: 0) == 255)
    #expect(gate.loopAhead(of: at(410), asker: 0) == nil)
    gate.show(.distantFuture, on: 255)
    #expect(gate.loopAhead(of: at(411), asker: 0) == nil)
  }

  @Test func `threads that take and give back never hold more than the limit`() {
    let gate = makeGate(3)
    let most = Atomic<Int>(0)
    let holders = Atomic<Int>(0)
    let taken = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<20_000 where gate.take(now: .zero) == .taken {
        let held = holders.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        most.max(held, ordering: .relaxed)
        taken.wrappingAdd(1, ordering: .relaxed)
        holders.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        gate.giveBackSlot()
      }
    }
    #expect(most.load(ordering: .relaxed) <= 3 && gate.inFlight == 0)
    #expect(gate.freed == UInt32(taken.load(ordering: .relaxed)) && gate.freed > 0)
  }
}
