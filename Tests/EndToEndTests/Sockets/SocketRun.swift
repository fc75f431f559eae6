import EventLoop
import KVTransfer
import PDRouter
import Simulation
import Synchronization
import Vocabulary

/// What a run over sockets came to.
struct SocketRun: Sendable {
  /// The answers on each call's connection.
  var answers: [[ReceivedAnswer]] = []
  /// Who asked what of each engine, prefill first.
  var visits: [[EngineVisit]] = []
  /// What each engine's exports came to.
  var exports: [KVExportCounts] = []
  /// The router's ledger at the end.
  var handles = KVLedgerCounts()
  /// What was not as it should be at the end.
  var faults: [String] = []
}

/// What a run over sockets is made of.
struct SocketPlan: Sendable {
  var prefillCount = 0
  var decodeCount = 0
  var wholeCount = 0
  /// A fault of the engine of that number.
  var fault: (engine: Int, kind: EngineFault.Kind)?
  var calls: [SocketCall] = []
  /// Whether the router speaks HTTP/2 to its engines.
  var isHTTP2 = false

  static func split(_ prefills: Int, _ decodes: Int, _ calls: [SocketCall]) -> SocketPlan {
    SocketPlan(prefillCount: prefills, decodeCount: decodes, calls: calls)
  }

  static func pool(_ engines: Int, _ calls: [SocketCall]) -> SocketPlan {
    SocketPlan(wholeCount: engines, calls: calls)
  }

  /// The same with HTTP/2 between router and engines, or without.
  func overHTTP2(_ isHTTP2: Bool) -> SocketPlan {
    var plan = self
    plan.isHTTP2 = isHTTP2
    return plan
  }

  /// Runs it on a thread of its own, over loopback sockets, and waits for its end.
  func run() -> SocketRun {
    let result = SocketRunBox()
    let thread = LoopThread.start(name: "end-to-end") { loop in
      do {
        let fleet = try SocketFleet(self, on: loop)
        fleet.start()
        loop.run()
        result.value.withLock { $0 = fleet.result }
      } catch {
        result.value.withLock { $0.faults.append("\(error)") }
      }
    }
    thread.join()
    return result.value.withLock { $0 }
  }
}

/// Where a run's thread leaves its result.
private final class SocketRunBox: Sendable {
  let value = Mutex(SocketRun())
}
