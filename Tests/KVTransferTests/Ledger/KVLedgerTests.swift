import KVTransfer
import Testing
import Vocabulary

struct KVLedgerTests {
  private static func ledger(capacity: Int = 100) -> KVLedger {
    KVLedger(lease: .seconds(30), margin: .seconds(5), capacity: capacity)
  }

  @Test func `a handle that lives its whole life is consumed and leaves nothing behind`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    #expect(ledger.stage(of: id) == .prefilling)
    #expect(ledger.live == 1 && ledger.live(on: prefillA) == 1 && ledger.pinning(on: prefillA) == 0)
    ledger.holdForTest(id, "{\"a\":1}", now: at(10))
    #expect(ledger.stage(of: id) == .held && ledger.pinning(on: prefillA) == 1)
    #expect(ledger.dispatch(id, to: decodeC, now: at(11)) == .go)
    #expect(ledger.stage(of: id) == .dispatched)
    ledger.attach(id)
    #expect(ledger.stage(of: id) == .attached && ledger.pinning(on: prefillA) == 1)
    ledger.settle(id, as: .consumed, now: at(20))
    #expect(ledger.stage(of: id) == .ended)
    #expect(ledger.live == 0 && ledger.live(on: prefillA) == 0 && ledger.pinning(on: prefillA) == 0)
    var expected = CountsRow()
    (expected.begun, expected.held, expected.dispatched, expected.consumed) = (1, 1, 1, 1)
    #expect(CountsRow(ledger.counts) == expected)
  }

  @Test func `parameters come back byte for byte and are none for an empty handle`() {
    var ledger = Self.ledger()
    let parameters = "{ \"remote_host\" : \"h\\u00e9\", \"x\":[1 ,2]}"
    let full = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(full, parameters, now: at(0))
    let empty = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdNothing(empty)
    #expect(ledger.parametersText(of: full) == parameters)
    #expect(ledger.parametersText(of: empty) == "")
    #expect(ledger.isEmpty(full) == false)
    #expect(ledger.isEmpty(empty) == true)
  }

  @Test func `a place that is used again shows nothing of the handle before`() {
    var ledger = Self.ledger()
    let first = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(first, "{\"secret\":1}", now: at(0))
    ledger.settle(first, as: .released(.clientGone, by: .decodeAbort), now: at(1))
    let second = ledger.beginPrefill(on: prefillB, now: at(2))
    #expect(second.slot == first.slot)
    #expect(second.generation != first.generation)
    #expect(ledger.stage(of: first) == .ended)
    #expect(ledger.stage(of: second) == .prefilling)
    #expect(ledger.parametersText(of: second) == "")
  }

  @Test func `a prefill that failed is abandoned and counts as nothing else`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.abandonPrefill(id)
    var expected = CountsRow()
    (expected.begun, expected.abandoned) = (1, 1)
    #expect(CountsRow(ledger.counts) == expected)
    #expect(ledger.live == 0)
  }

  @Test(
    arguments: [
      (24_999, DispatchVerdict.go), (25_000, .leaseExpired), (30_000, .leaseExpired),
      (90_000, .leaseExpired), (0, .go),
    ] as [(Int64, DispatchVerdict)])
  func `a handle is dispatched only while more than the margin of its lease is left`(
    milliseconds: Int64, verdict: DispatchVerdict
  ) {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(id, "{}", now: at(0))
    #expect(ledger.dispatch(id, to: decodeC, now: at(milliseconds)) == verdict)
    #expect(ledger.counts.expired == (verdict == .go ? 0 : 1))
    #expect(ledger.live == (verdict == .go ? 1 : 0))
    #expect(ledger.pinning(on: prefillA) == (verdict == .go ? 1 : 0))
  }

  @Test func `the lease starts when prefill answered, not when it was asked`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(id, "{}", now: at(100_000))
    #expect(ledger.dispatch(id, to: decodeC, now: at(124_000)) == .go)
  }

  @Test func `a handle taken back goes to another worker under its old lease`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(id, "{}", now: at(0))
    #expect(ledger.dispatch(id, to: decodeC, now: at(1)) == .go)
    ledger.takeBack(id)
    #expect(ledger.stage(of: id) == .held)
    #expect(ledger.dispatch(id, to: decodeD, now: at(2)) == .go)
    ledger.takeBack(id)
    #expect(ledger.dispatch(id, to: decodeC, now: at(26_000)) == .leaseExpired)
    var expected = CountsRow()
    (expected.begun, expected.held, expected.dispatched) = (1, 1, 2)
    (expected.takenBack, expected.expired) = (2, 1)
    #expect(CountsRow(ledger.counts) == expected)
  }

  @Test func `an empty handle walks the same way, never expires and settles as nothing`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdNothing(id)
    #expect(ledger.pinning(on: prefillA) == 0 && ledger.live(on: prefillA) == 1)
    #expect(ledger.expireUnattended(now: at(1_000_000)) == 0)
    #expect(ledger.dispatch(id, to: decodeC, now: at(1_000_000)) == .go)
    ledger.takeBack(id)
    #expect(ledger.dispatch(id, to: decodeD, now: at(1_000_000)) == .go)
    ledger.attach(id)
    ledger.settle(id, as: .consumed, now: at(1_000_001))
    var expected = CountsRow()
    (expected.begun, expected.empty) = (1, 1)
    #expect(CountsRow(ledger.counts) == expected)
    #expect(ledger.live == 0)
  }

  @Test func `a sweep settles what is held too long, once, and the owner learns of it`() {
    var ledger = Self.ledger()
    let old = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(old, "{}", now: at(0))
    let young = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(young, "{}", now: at(1))
    let away = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(away, "{}", now: at(0))
    #expect(ledger.dispatch(away, to: decodeC, now: at(1)) == .go)
    #expect(ledger.expireUnattended(now: at(29_999)) == 0)
    #expect(ledger.expireUnattended(now: at(30_000)) == 1)
    #expect(ledger.expireUnattended(now: at(30_000)) == 0)
    #expect(ledger.stage(of: old) == .withdrawn)
    #expect(ledger.counts.expired == 1 && ledger.pinning(on: prefillA) == 2)
    #expect(ledger.dispatch(old, to: decodeC, now: at(30_001)) == .withdrawn(.expired))
    #expect(ledger.stage(of: old) == .ended)
    #expect(ledger.counts.expired == 1 && ledger.live == 2)
  }

  @Test func `an owner that settles a withdrawn handle does not settle it a second time`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(id, "{}", now: at(0))
    #expect(ledger.workerDidLeave(prefillA) == 1)
    ledger.settle(id, as: .released(.clientGone, by: .decodeAbort), now: at(1))
    #expect(ledger.counts.spent == 1 && ledger.counts.released == 0)
    #expect(ledger.live == 0)
  }

  @Test func `a new engine identity spends what is held of the worker's earlier ones`() {
    var ledger = Self.ledger()
    let before = ledger.beginPrefill(on: prefillA, now: at(0))
    let dispatched = ledger.beginPrefill(on: prefillA, now: at(0))
    let elsewhere = ledger.beginPrefill(on: prefillB, now: at(0))
    let after = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(before, "{}", engine: "one", now: at(1))
    ledger.holdForTest(dispatched, "{}", engine: "one", now: at(1))
    #expect(ledger.dispatch(dispatched, to: decodeC, now: at(1)) == .go)
    ledger.holdForTest(elsewhere, "{}", engine: "other", now: at(1))
    #expect(ledger.counts.spent == 0)
    ledger.holdForTest(after, "{}", engine: "two", now: at(2))
    #expect(ledger.stage(of: before) == .withdrawn)
    #expect(ledger.stage(of: dispatched) == .dispatched)
    #expect(ledger.stage(of: elsewhere) == .held)
    #expect(ledger.stage(of: after) == .held)
    #expect(ledger.counts.spent == 1)
    #expect(ledger.dispatch(before, to: decodeC, now: at(3)) == .withdrawn(.spent))
  }

  @Test func `engines that take turns behind one address are no restarts once both are known`() {
    var ledger = Self.ledger()
    ledger.noteIncarnation(of: prefillA, engine: engine("rank0"))
    ledger.noteIncarnation(of: prefillA, engine: engine("rank1"))
    for turn in 0..<10 {
      let id = ledger.beginPrefill(on: prefillA, now: at(0))
      ledger.holdForTest(id, "{}", engine: "rank\(turn % 2)", now: at(1))
    }
    #expect(ledger.counts.spent == 0)
    #expect(ledger.noteIncarnation(of: prefillA, engine: engine("rank2")) == 10)
  }

  @Test func `a listing shows each live handle as it is`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillB, now: at(5))
    ledger.holdForTest(id, "{\"k\":1}", now: at(6))
    _ = ledger.dispatch(id, to: decodeD, now: at(7))
    let gone = ledger.beginPrefill(on: prefillA, now: at(5))
    ledger.abandonPrefill(gone)
    var listings: [KVHandleListing] = []
    ledger.forEachLive { listings.append($0) }
    #expect(listings.count == 1)
    #expect(listings.first?.id == id)
    #expect(listings.first?.stage == .dispatched)
    #expect(listings.first?.prefillWorker == prefillB)
    #expect(listings.first?.decodeWorker == decodeD)
    #expect(listings.first?.began == at(5))
    #expect(listings.first?.deadline == at(30_006))
    #expect(listings.first?.parameterByteCount == 7)
    #expect(listings.first?.isEmpty == false)
  }

  @Test func `a full ledger says so and has room again after an ending`() {
    var ledger = Self.ledger(capacity: 2)
    let first = ledger.beginPrefill(on: prefillA, now: at(0))
    #expect(ledger.isFull == false)
    _ = ledger.beginPrefill(on: prefillA, now: at(0))
    #expect(ledger.isFull == true)
    ledger.abandonPrefill(first)
    #expect(ledger.isFull == false)
    _ = ledger.beginPrefill(on: prefillA, now: at(0))
    #expect(ledger.isFull == true)
  }

  @Test func `thousands of handles at once keep their own parameters while the table grows`() {
    var ledger = KVLedger(lease: .seconds(30), margin: .zero, capacity: 5000)
    let ids = (0..<3000).map { number in
      let id = ledger.beginPrefill(on: prefillA, now: at(0))
      ledger.holdForTest(id, "{\"n\":\(number)}", now: at(0))
      return id
    }
    #expect(ledger.live == 3000)
    for (number, id) in ids.enumerated() {
      guard ledger.parametersText(of: id) == "{\"n\":\(number)}" else {
        Issue.record("handle \(number) lost its parameters")
        break
      }
    }
    #expect(ledger.expireUnattended(now: at(30_000)) == 3000)
  }

  @Test func `counts of two ledgers add up member by member`() {
    var ledger = Self.ledger()
    let id = ledger.beginPrefill(on: prefillA, now: at(0))
    ledger.holdForTest(id, "{}", now: at(0))
    ledger.settle(id, as: .spent, now: at(0))
    let sum = ledger.counts + ledger.counts
    var expected = CountsRow()
    (expected.begun, expected.held, expected.spent) = (2, 2, 2)
    #expect(CountsRow(sum) == expected)
    #expect(sum.settled == 2)
  }

  @Test func `every ending and every reason has its own name`() {
    let endings: [KVSettlement] = [
      .consumed, .released(.clientGone, by: .decodeAbort), .expired, .spent,
    ]
    #expect(Set(endings.map { "\($0.name)" }).count == 4)
    let reasons = KVReleaseReason.allCases.map { "\($0.name)" }
    #expect(Set(reasons).count == reasons.count)
    let stages = KVHandleStage.allCases.map { "\($0.name)" }
    #expect(Set(stages).count == stages.count)
  }
}
