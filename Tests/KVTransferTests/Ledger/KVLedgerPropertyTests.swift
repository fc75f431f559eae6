import KVTransfer
import Testing
import Vocabulary

/// Seeded random event sequences against `LedgerModel`: whatever the order of events, every handle
/// is settled exactly once, is delivered at most once, and the counts add up.
struct KVLedgerPropertyTests {
  private static let lease: Int64 = 300
  private static let margin: Int64 = 50

  /// One ledger and its model, driven by one seed.
  private struct Run: ~Copyable {
    var ledger = KVLedger(
      lease: .milliseconds(lease), margin: .milliseconds(margin), capacity: 8)
    var model = LedgerModel()
    var ids: [KVHandleID] = []
    var generator: SplitMix64
    var now: Int64 = 0
    var faults: [String] = []

    init(seed: UInt64) {
      generator = SplitMix64(seed: seed)
    }

    mutating func below(_ bound: Int) -> Int {
      Int(generator.next(upperBound: UInt64(bound)))
    }

    mutating func expect(_ isTrue: Bool, _ what: String) {
      if !isTrue { faults.append(what) }
    }

    mutating func step() {
      now += Int64(below(40))
      let live = model.live
      switch below(12) {
      case 0, 1, 2: begin()
      case 3: sweep()
      case 4: changeWorkers()
      default:
        if !live.isEmpty { advance(live[below(live.count)]) }
      }
    }

    mutating func begin() {
      expect(ledger.isFull == (model.live.count == 8), "isFull")
      guard !ledger.isFull else { return }
      let worker = WorkerID(number: UInt32(below(3)))
      ids.append(ledger.beginPrefill(on: worker, now: at(now)))
      model.handles.append(LedgerModel.Handle(worker: worker))
      model.counts.begun += 1
    }

    mutating func sweep() {
      let now = now
      let lost = model.withdraw(as: .expired) { $0.deadline <= now }
      expect(ledger.expireUnattended(now: at(now)) == lost, "expireUnattended")
    }

    mutating func changeWorkers() {
      let worker = WorkerID(number: UInt32(below(3)))
      if below(4) == 0 {
        let lost = model.withdraw(as: .spent) { $0.worker == worker }
        expect(ledger.workerDidLeave(worker) == lost, "workerDidLeave")
      } else {
        let name = "engine\(below(3))"
        let lost = model.meet(worker, name)
        expect(ledger.noteIncarnation(of: worker, engine: engine(name)) == lost, "incarnation")
      }
    }

    mutating func advance(_ index: Int) {
      switch model.handles[index].stage {
      case .prefilling: answer(index)
      case .held, .withdrawn:
        switch below(6) {
        case 0: settle(index)
        case 1: release(index)
        default: dispatch(index)
        }
      case .dispatched: deliver(index)
      case .attached: below(4) == 0 ? release(index) : settle(index)
      case .releasing: settle(index)
      case .ended: break
      }
    }

    mutating func answer(_ index: Int) {
      switch below(6) {
      case 0:
        ledger.abandonPrefill(ids[index])
        model.handles[index].stage = .ended
        model.counts.abandoned += 1
      case 1:
        ledger.holdNothing(ids[index])
        model.handles[index].stage = .held
        model.handles[index].isEmpty = true
        model.counts.empty += 1
      default: hold(index)
      }
    }

    mutating func hold(_ index: Int) {
      let name = below(3) == 0 ? nil : "engine\(below(3))"
      let parameters = "{\"handle\":\(index)}"
      ledger.holdForTest(ids[index], parameters, engine: name, now: at(now))
      model.handles[index].stage = .held
      model.handles[index].deadline = now + lease
      model.handles[index].engine = name
      model.handles[index].parameters = parameters
      model.counts.held += 1
      if let name { _ = model.meet(model.handles[index].worker, name) }
    }

    mutating func dispatch(_ index: Int) {
      let handle = model.handles[index]
      let verdict = ledger.dispatch(ids[index], to: decodeC, now: at(now))
      if handle.stage == .withdrawn {
        expect(verdict == .withdrawn(handle.settlements[0]), "withdrawn")
        model.handles[index].stage = .ended
      } else if !handle.isEmpty, now + margin >= handle.deadline {
        expect(verdict == .leaseExpired, "leaseExpired")
        model.settle(index, as: .expired)
      } else {
        expect(verdict == .go, "go")
        model.handles[index].stage = .dispatched
        model.handles[index].deliveries += 1
        if !handle.isEmpty { model.counts.dispatched += 1 }
      }
    }

    mutating func release(_ index: Int) {
      let handle = model.handles[index]
      guard !handle.isEmpty else { return settle(index) }
      let goesOn = ledger.beginRelease(ids[index], now: at(now))
      expect(goesOn == (handle.stage != .withdrawn), "beginRelease")
      if goesOn {
        model.handles[index].stage = .releasing
        let latest = now + lease
        let isHeld = handle.stage == .held
        model.handles[index].deadline = isHeld ? min(handle.deadline, latest) : latest
      } else {
        model.handles[index].stage = .ended
      }
    }

    mutating func deliver(_ index: Int) {
      switch below(4) {
      case 3: release(index)
      case 0:
        ledger.takeBack(ids[index])
        model.handles[index].stage = .held
        model.handles[index].deliveries -= 1
        if !model.handles[index].isEmpty { model.counts.takenBack += 1 }
      case 1:
        ledger.attach(ids[index])
        model.handles[index].stage = .attached
      default: settle(index)
      }
    }

    mutating func settle(_ index: Int) {
      let reasons = KVReleaseReason.allCases
      let settlement: KVSettlement =
        switch (model.handles[index].stage, below(3)) {
        case (.attached, 0): .consumed
        case (.held, 0), (.releasing, 0): .expired
        case (_, 1): .spent
        default: .released(reasons[below(reasons.count)], by: .decodeAbort)
        }
      ledger.settle(ids[index], as: settlement, now: at(now))
      model.settle(index, as: settlement)
    }

    mutating func compare() {
      expect(CountsRow(ledger.counts) == model.counts, "counts")
      expect(ledger.live == model.live.count, "live")
      for number in 0..<3 as Range<UInt32> {
        let worker = WorkerID(number: number)
        expect(ledger.live(on: worker) == model.live(on: worker), "live(on:)")
        expect(ledger.pinning(on: worker) == model.pinning(on: worker), "pinning(on:)")
      }
      for index in model.handles.indices {
        let handle = model.handles[index]
        expect(ledger.stage(of: ids[index]) == handle.stage, "stage of \(index)")
        expect(handle.deliveries <= 1, "\(index) delivered twice")
        guard handle.stage != .ended else { continue }
        let parameters = ledger.parametersText(of: ids[index])
        expect(parameters == handle.parameters, "parameters of \(index)")
      }
    }

    mutating func finish() {
      for index in model.live {
        if model.handles[index].stage == .prefilling { hold(index) }
      }
      for index in model.live { settle(index) }
      compare()
      let counts = ledger.counts
      expect(counts.begun == counts.abandoned + counts.held + counts.empty, "beginnings add up")
      expect(counts.held == counts.settled, "endings add up")
      expect(ledger.live == 0, "something is left")
      for handle in model.handles {
        let wasHeld = !handle.isEmpty && handle.deadline != .max
        expect(handle.settlements.count == (wasHeld ? 1 : 0), "settled exactly once")
      }
    }
  }

  @Test(arguments: 0..<20)
  func `random event sequences settle every handle exactly once, as the model says`(batch: Int) {
    for sequence in 0..<500 {
      var run = Run(seed: UInt64(batch * 500 + sequence))
      for _ in 0..<40 { run.step() }
      run.compare()
      run.finish()
      guard run.faults.isEmpty else {
        Issue.record("sequence \(batch * 500 + sequence): \(run.faults)")
        return
      }
    }
  }

  @Test func `a long sequence agrees with the model after every step`() {
    var run = Run(seed: 0xFEED)
    for _ in 0..<400 {
      run.step()
      run.compare()
    }
    run.finish()
    #expect(run.faults == [])
    #expect(run.model.handles.count > 50)
    #expect(run.model.counts.takenBack > 0 && run.model.counts.spent > 0)
    #expect(run.model.counts.expired > 0 && run.model.counts.consumed > 0)
  }
}
