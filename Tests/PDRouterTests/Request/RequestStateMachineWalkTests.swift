import KVTransfer
import Testing
import Vocabulary

@testable import PDRouter

/// Random walks of a machine as a driver would lead it, with a ledger that stops the program at a
/// handle that is ended twice, and a book of what must hold.
struct RequestStateMachineWalkTests {
  /// A driver without I/O: answers each action with an event that may follow.
  private struct Walk: ~Copyable {
    var machine: RequestStateMachine
    var ledger = KVLedger(lease: .seconds(30), margin: .seconds(3))
    var generator: SplitMix64
    var handle: KVHandleID?
    var choices = 0
    var startsAfterAnswer = 0
    var hasAnswer = false
    var endings = 0
    var events = 0

    init(seed: UInt64, attempts: Int) {
      machine = RequestStateMachine(attempts: attempts)
      generator = SplitMix64(seed: seed)
    }

    mutating func draw(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }

    mutating func run() {
      var action = RequestAction(step: .choose)
      while events < 200 {
        events += 1
        run(action.handle)
        guard let next = next(after: action.step) else {
          endings += 1
          return
        }
        action = next
      }
    }

    private mutating func run(_ step: RequestAction.HandleStep) {
      switch step {
      case .none: break
      case .abandon(let id): ledger.abandonPrefill(id)
      case .takeBack(let id): ledger.takeBack(id)
      case .giveUp(let id):
        ledger.takeBack(id)
        ledger.settle(id, as: .expired, now: at(1))
      case .attach(let id): ledger.attach(id)
      case .settle(let id, let settlement): ledger.settle(id, as: settlement, now: at(1))
      }
    }

    /// The event that follows a step; nil when the request has ended.
    private mutating func next(after step: RequestAction.Step) -> RequestAction? {
      switch step {
      case .choose: return chooseAll()
      case .chooseDecode: return chooseDecode()
      case .startPrefill: return prefill()
      case .startServing: return serve()
      case .relay, .wait: return relay()
      case .fail, .breakOff, .finish, .forget, .relayRejection: return nil
      }
    }

    private mutating func chooseAll() -> RequestAction {
      if hasAnswer { startsAfterAnswer += 1 }
      switch draw(6) {
      case 0: return machine.foundNobody(.example)
      case 1, 2:
        choices += 1
        return machine.choseOne()
      default:
        choices += 1
        let id = ledger.beginPrefill(on: WorkerID(number: 0), now: at(0))
        handle = id
        return machine.chosePair(handle: id)
      }
    }

    private mutating func chooseDecode() -> RequestAction {
      if hasAnswer { startsAfterAnswer += 1 }
      guard let handle, draw(5) > 0 else { return machine.foundNobody(.example) }
      choices += 1
      return dispatch(handle) ? machine.choseDecode() : machine.handleWasLost()
    }

    private mutating func dispatch(_ handle: KVHandleID) -> Bool {
      let now = draw(4) == 0 ? at(60_000) : at(1)
      return ledger.dispatch(handle, to: WorkerID(number: 1), now: now) == .go
    }

    private mutating func prefill() -> RequestAction {
      guard let handle else { preconditionFailure("a pair has a handle") }
      switch draw(9) {
      case 0: return machine.prefillRejected()
      case 1: return machine.prefillFailed(.example)
      case 2: return machine.clientLeft()
      case 3: return machine.deadlinePassed(.example)
      case 4: return machine.refused(.example)
      default:
        if draw(4) == 0 {
          ledger.holdNothing(handle)
        } else {
          withBytes(of: "{}") { bytes in
            ledger.hold(handle, engine: nil, now: at(0)) { $0.append(bytes) }
          }
        }
        return dispatch(handle) ? machine.prefillAnswered() : machine.handleWasLost()
      }
    }

    private mutating func serve() -> RequestAction {
      switch draw(8) {
      case 0: return machine.clientLeft()
      case 1: return machine.deadlinePassed(.example)
      case 2: return machine.servingFailed(.example, isFree: true, isRepeatable: true)
      case 3:
        let isRepeatable = draw(2) == 0
        return machine.servingFailed(.example, isFree: false, isRepeatable: isRepeatable)
      case 4: return machine.servingHeadArrived(status: 503, rejection: .example)
      case 5: return machine.servingHeadArrived(status: 422, rejection: .example)
      default: return machine.servingHeadArrived(status: 200, rejection: .example)
      }
    }

    private mutating func relay() -> RequestAction {
      switch draw(hasAnswer ? 6 : 4) {
      case 0: return machine.clientLeft()
      case 1: return machine.deadlinePassed(.example)
      case 2: return machine.servingFailed(.example, isFree: false, isRepeatable: true)
      case 3:
        hasAnswer = true
        return machine.answerBegan()
      default: return machine.servingEnded()
      }
    }
  }

  @Test(arguments: 1...5)
  func `ten thousand random walks end every handle once and retry nothing that has begun`(
    attempts: Int
  ) {
    for seed in 0..<UInt64(10_000) {
      var walk = Walk(seed: seed &* 5 &+ UInt64(attempts), attempts: attempts)
      walk.run()
      let counts = walk.ledger.counts
      let isRight =
        walk.endings == 1 && walk.machine.isOver && walk.ledger.live == 0
        && walk.choices <= attempts && walk.startsAfterAnswer == 0
        && counts.begun == counts.abandoned + counts.held + counts.empty
        && counts.held == counts.settled
      if !isRight {
        Issue.record(
          """
          seed \(seed): endings \(walk.endings), live \(walk.ledger.live), choices \
          \(walk.choices), late starts \(walk.startsAfterAnswer), counts \(counts)
          """)
        return
      }
    }
  }
}
