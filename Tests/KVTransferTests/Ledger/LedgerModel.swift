import KVTransfer
import Vocabulary

/// A ledger written the simple way, as an oracle: one record per handle that ever was, nothing
/// reused.
struct LedgerModel {
  struct Handle {
    var worker: WorkerID
    var engine: String?
    var stage = KVHandleStage.prefilling
    var isEmpty = false
    var deadline = Int64.max
    var parameters = ""
    /// How it was settled; a second settlement is a failure of the model's driver.
    var settlements: [KVSettlement] = []
    /// Dispatches not taken back.
    var deliveries = 0
  }

  var handles: [Handle] = []
  var counts = CountsRow()
  /// Engines seen of each worker, in order.
  var seen: [WorkerID: [String]] = [:]

  var live: [Int] { handles.indices.filter { handles[$0].stage != .ended } }

  func live(on worker: WorkerID) -> Int { live.count { handles[$0].worker == worker } }

  func pinning(on worker: WorkerID) -> Int {
    live.count {
      let handle = handles[$0]
      return handle.worker == worker && !handle.isEmpty
        && [.held, .dispatched, .attached, .releasing].contains(handle.stage)
    }
  }

  mutating func settle(_ index: Int, as settlement: KVSettlement) {
    defer { handles[index].stage = .ended }
    guard !handles[index].isEmpty, handles[index].stage != .withdrawn else { return }
    note(index, settlement)
  }

  mutating func withdraw(as settlement: KVSettlement, where isLost: (Handle) -> Bool) -> Int {
    let lost = handles.indices.filter {
      [.held, .releasing].contains(handles[$0].stage) && !handles[$0].isEmpty
        && isLost(handles[$0])
    }
    for index in lost {
      handles[index].stage = .withdrawn
      note(index, settlement)
    }
    return lost.count
  }

  mutating func meet(_ worker: WorkerID, _ engine: String) -> Int {
    let known = seen[worker, default: []]
    guard !known.contains(engine) else { return 0 }
    seen[worker, default: []].append(engine)
    guard !known.isEmpty else { return 0 }
    return withdraw(as: .spent) { $0.worker == worker && $0.engine != engine }
  }

  private mutating func note(_ index: Int, _ settlement: KVSettlement) {
    handles[index].settlements.append(settlement)
    switch settlement {
    case .consumed: counts.consumed += 1
    case .released: counts.released += 1
    case .expired: counts.expired += 1
    case .spent: counts.spent += 1
    }
  }
}
