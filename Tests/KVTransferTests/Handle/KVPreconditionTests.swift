import KVTransfer
import Testing
import Vocabulary

/// Each fault of ours that must stop the program rather than corrupt an answer; each in a process
/// of its own.
struct KVPreconditionTests {
  @Test func `settling a handle twice stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var ledger = KVLedger(lease: .seconds(30), margin: .seconds(5))
      let id = ledger.beginPrefill(on: prefillA, now: at(0))
      ledger.holdForTest(id, "{}", now: at(0))
      ledger.settle(id, as: .spent, now: at(0))
      ledger.settle(id, as: .spent, now: at(0))
    }
  }

  @Test func `dispatching a handle twice without taking it back stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var ledger = KVLedger(lease: .seconds(30), margin: .seconds(5))
      let id = ledger.beginPrefill(on: prefillA, now: at(0))
      ledger.holdForTest(id, "{}", now: at(0))
      _ = ledger.dispatch(id, to: decodeC, now: at(0))
      _ = ledger.dispatch(id, to: decodeD, now: at(0))
    }
  }

  @Test func `a name whose place has been given to another handle stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var ledger = KVLedger(lease: .seconds(30), margin: .seconds(5))
      let stale = ledger.beginPrefill(on: prefillA, now: at(0))
      ledger.abandonPrefill(stale)
      _ = ledger.beginPrefill(on: prefillA, now: at(0))
      ledger.abandonPrefill(stale)
    }
  }

  @Test func `consuming a handle before decode answered stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var ledger = KVLedger(lease: .seconds(30), margin: .seconds(5))
      let id = ledger.beginPrefill(on: prefillA, now: at(0))
      ledger.holdForTest(id, "{}", now: at(0))
      _ = ledger.dispatch(id, to: decodeC, now: at(0))
      ledger.settle(id, as: .consumed, now: at(0))
    }
  }

  @Test func `expiring a handle that a decode engine has stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var machine = KVHandleStateMachine()
      machine.hold(until: at(10))
      _ = machine.dispatch(to: decodeC, now: at(0), margin: .zero)
      _ = machine.settle(as: .expired)
    }
  }

  @Test func `settling a handle that is prefilling stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var machine = KVHandleStateMachine()
      _ = machine.settle(as: .spent)
    }
  }

  @Test func `abandoning a handle that is held stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var machine = KVHandleStateMachine()
      machine.holdNothing()
      machine.abandon()
    }
  }

  @Test func `taking back a handle that was not dispatched stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var machine = KVHandleStateMachine()
      machine.hold(until: at(10))
      machine.takeBack()
    }
  }

  @Test func `attaching a handle that was not dispatched stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var machine = KVHandleStateMachine()
      machine.hold(until: at(10))
      machine.attach()
    }
  }

  @Test func `holding a handle twice stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var machine = KVHandleStateMachine()
      machine.hold(until: at(10))
      machine.hold(until: at(20))
    }
  }

  @Test func `withdrawing an empty handle stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var machine = KVHandleStateMachine()
      machine.holdNothing()
      machine.withdraw(as: .expired)
    }
  }

  @Test func `beginning a prefill in a full ledger stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var ledger = KVLedger(lease: .seconds(30), margin: .seconds(5), capacity: 1)
      _ = ledger.beginPrefill(on: prefillA, now: at(0))
      _ = ledger.beginPrefill(on: prefillA, now: at(0))
    }
  }

  @Test func `a lease that does not outlast its margin stops the program`() async {
    await #expect(processExitsWith: .failure) {
      _ = KVLedger(lease: .seconds(5), margin: .seconds(5))
    }
  }
}
