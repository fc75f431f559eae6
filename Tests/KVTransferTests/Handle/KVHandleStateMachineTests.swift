import KVTransfer
import Testing
import Vocabulary

/// Every allowed transition of the table in `docs/kv-transfer.md`; the forbidden ones are in
/// `KVPreconditionTests`.
struct KVHandleStateMachineTests {
  private enum Event: Sendable {
    case abandon
    case hold
    case holdNothing
    case holdAhead
    case answer
    case release
    case dispatch
    case dispatchLate
    case takeBack
    case attach
    case settle(KVSettlement)
    case withdraw(KVSettlement)
  }

  /// Runs events; the machine's answers to `settle` and `dispatch` as text.
  private func run(_ events: [Event]) -> (stage: KVHandleStage, answers: [String]) {
    var machine = KVHandleStateMachine()
    var answers: [String] = []
    for event in events {
      switch event {
      case .abandon: machine.abandon()
      case .hold: machine.hold(until: at(100))
      case .holdNothing: machine.holdNothing()
      case .holdAhead: machine.holdAhead()
      case .answer: machine.noteAnswer(until: at(100))
      case .release: answers.append("\(machine.beginRelease(until: at(200)))")
      case .dispatch:
        answers.append("\(machine.dispatch(to: decodeC, now: at(0), margin: .zero))")
      case .dispatchLate:
        answers.append("\(machine.dispatch(to: decodeC, now: at(100), margin: .zero))")
      case .takeBack: machine.takeBack()
      case .attach: machine.attach()
      case .settle(let settlement): answers.append("\(machine.settle(as: settlement))")
      case .withdraw(let settlement): machine.withdraw(as: settlement)
      }
    }
    return (machine.stage, answers)
  }

  private typealias Row = ([Event], KVHandleStage, [String])

  private static let rows: [Row] = [
    ([], .prefilling, []),
    ([.abandon], .ended, []),
    ([.hold], .held, []),
    ([.holdNothing], .held, []),
    ([.hold, .dispatch], .dispatched, ["go"]),
    ([.hold, .dispatchLate], .ended, ["leaseExpired"]),
    ([.holdNothing, .dispatchLate], .dispatched, ["go"]),
    ([.hold, .dispatch, .takeBack], .held, ["go"]),
    ([.hold, .dispatch, .takeBack, .dispatch], .dispatched, ["go", "go"]),
    ([.hold, .dispatch, .takeBack, .dispatchLate], .ended, ["go", "leaseExpired"]),
    ([.hold, .dispatch, .attach], .attached, ["go"]),
    ([.hold, .dispatch, .attach, .settle(.consumed)], .ended, ["go", "true"]),
    ([.hold, .dispatch, .attach, .settle(.spent)], .ended, ["go", "true"]),
    (
      [.hold, .dispatch, .attach, .settle(.released(.clientGone, by: .decodeAbort))], .ended,
      ["go", "true"]
    ),
    ([.hold, .dispatch, .settle(.spent)], .ended, ["go", "true"]),
    (
      [.hold, .dispatch, .settle(.released(.decodeRejected, by: .decodeAbort))], .ended,
      ["go", "true"]
    ),
    ([.hold, .settle(.released(.noDecodeWorker, by: .decodeAbort))], .ended, ["true"]),
    ([.hold, .settle(.expired)], .ended, ["true"]),
    ([.hold, .settle(.spent)], .ended, ["true"]),
    ([.hold, .withdraw(.expired)], .withdrawn, []),
    (
      [.hold, .withdraw(.spent), .settle(.released(.clientGone, by: .decodeAbort))], .ended,
      ["false"]
    ),
    ([.hold, .withdraw(.spent), .settle(.consumed)], .ended, ["false"]),
    (
      [.hold, .withdraw(.expired), .dispatch], .ended,
      ["withdrawn(KVTransfer.KVSettlement.expired)"]
    ),
  ]

  /// Legs that leave together, and handles that are given back.
  private static let laterRows: [Row] = [
    ([.holdAhead], .held, []),
    ([.holdAhead, .dispatchLate], .dispatched, ["go"]),
    ([.holdAhead, .dispatch, .answer], .dispatched, ["go"]),
    ([.holdAhead, .dispatch, .answer, .takeBack, .dispatchLate], .ended, ["go", "leaseExpired"]),
    ([.holdAhead, .dispatch, .attach, .answer], .attached, ["go"]),
    ([.holdAhead, .withdraw(.spent), .answer], .withdrawn, []),
    ([.holdAhead, .dispatch, .release, .answer], .releasing, ["go", "true"]),
    ([.hold, .release], .releasing, ["true"]),
    ([.hold, .dispatch, .release], .releasing, ["go", "true"]),
    ([.hold, .dispatch, .attach, .release], .releasing, ["go", "true"]),
    ([.hold, .withdraw(.spent), .release], .withdrawn, ["false"]),
    ([.hold, .release, .withdraw(.expired)], .withdrawn, ["true"]),
    ([.hold, .release, .settle(.expired)], .ended, ["true", "true"]),
    ([.hold, .release, .settle(.spent)], .ended, ["true", "true"]),
    (
      [.hold, .release, .settle(.released(.clientGone, by: .rejectedRequest))], .ended,
      ["true", "true"]
    ),
  ]

  @Test(arguments: rows + laterRows)
  private func `an allowed sequence of events leads to the stage of the table`(
    events: [Event], stage: KVHandleStage, answers: [String]
  ) {
    let outcome = run(events)
    #expect(outcome.stage == stage)
    #expect(outcome.answers == answers)
  }

  @Test func `only what is held, dispatched or attached with parameters pins blocks`() {
    var full = KVHandleStateMachine()
    #expect(full.isPinning == false)
    full.hold(until: at(100))
    #expect(full.isPinning == true && full.deadline == at(100))
    _ = full.dispatch(to: decodeC, now: at(0), margin: .zero)
    #expect(full.isPinning == true && full.decodeWorker == decodeC && full.deadline == at(100))
    full.attach()
    #expect(full.isPinning == true && full.decodeWorker == decodeC && full.deadline == nil)
    _ = full.settle(as: .consumed)
    #expect(full.isPinning == false && full.decodeWorker == nil)

    var empty = KVHandleStateMachine()
    empty.holdNothing()
    #expect(empty.isPinning == false && empty.deadline == nil && empty.isEmpty == true)
    _ = empty.dispatch(to: decodeC, now: at(0), margin: .zero)
    #expect(empty.isPinning == false && empty.isEmpty == true)
    empty.takeBack()
    #expect(empty.isEmpty == true && empty.stage == .held)
  }
}
