internal import Policies
internal import Vocabulary

/// One loop's view of the workers: who is eligible for which leg, as the policies want to see them.
///
/// Copied from the registry when its version moves; loads are read afresh for every choice.
/// Choosing allocates nothing once the arrays have grown.
struct LoopWorkers {
  /// Which leg a worker is chosen for.
  enum Leg {
    /// The prefill leg of a split request.
    case prefill
    /// The serving leg: decode, or a whole request (a decode engine can do everything).
    case serving
  }

  private struct Group {
    var workers: [Worker] = []
    var snapshots: [WorkerSnapshot] = []

    mutating func append(_ worker: Worker) {
      workers.append(worker)
      snapshots.append(LoopWorkers.snapshot(of: worker))
    }
  }

  private let registry: WorkerRegistry
  private var version = 0
  private var members: [Worker] = []
  /// Workers that have left since they were taken last.
  private var departed: [Worker] = []
  private var prefill = Group()
  private var serving = Group()
  private var scratch = Group()

  init(registry: WorkerRegistry) {
    self.registry = registry
  }

  /// Chooses one eligible worker for `leg` by `policy`, among those not in `tried`.
  mutating func choose(
    _ leg: Leg, by policy: inout any Policy, for traits: RequestTraits, except tried: TriedWorkers,
    using generator: inout SplitMix64
  ) -> (worker: Worker, choice: Choice)? {
    refresh()
    switch leg {
    case .prefill:
      return LoopWorkers.choose(in: &prefill, &scratch, by: &policy, traits, tried, &generator)
    case .serving:
      return LoopWorkers.choose(in: &serving, &scratch, by: &policy, traits, tried, &generator)
    }
  }

  private static func choose(
    in group: inout Group, _ scratch: inout Group, by policy: inout any Policy,
    _ traits: RequestTraits, _ tried: TriedWorkers, _ generator: inout SplitMix64
  ) -> (worker: Worker, choice: Choice)? {
    if tried.isEmpty {
      refreshLoads(of: &group)
      guard let choice = pick(group, by: &policy, traits, &generator) else { return nil }
      return (group.workers[choice.index], choice)
    }
    scratch.workers.removeAll(keepingCapacity: true)
    scratch.snapshots.removeAll(keepingCapacity: true)
    for worker in group.workers where !tried.contains(worker.id) { scratch.append(worker) }
    guard let choice = pick(scratch, by: &policy, traits, &generator) else { return nil }
    return (scratch.workers[choice.index], choice)
  }

  private static func pick(
    _ group: borrowing Group, by policy: inout any Policy, _ traits: RequestTraits,
    _ generator: inout SplitMix64
  ) -> Choice? {
    let choice = group.snapshots.withUnsafeBufferPointer {
      policy.choose(for: traits, among: $0, using: &generator)
    }
    precondition(choice.map { group.workers.indices.contains($0.index) } ?? true)
    return choice
  }

  private static func refreshLoads(of group: inout Group) {
    for place in group.workers.indices {
      group.snapshots[place] = snapshot(of: group.workers[place])
    }
  }

  private static func snapshot(of worker: Worker) -> WorkerSnapshot {
    WorkerSnapshot(
      id: worker.id, role: worker.role, requestsInFlight: worker.requestsInFlight,
      tokensInFlight: TokenCount(worker.tokensInFlight))
  }

  /// Copies the registry's list if it has moved.
  mutating func refresh() {
    let current = registry.version
    guard current != version else { return }
    version = current
    departed += members.filter { $0.state == .gone }
    members = registry.workers
    prefill = group(of: members) { $0.role != .decode }
    serving = group(of: members) { $0.role != .prefill }
  }

  /// The workers that could be chosen before and have left since the last call.
  mutating func takeDeparted() -> [Worker] {
    guard !departed.isEmpty else { return [] }
    defer { departed = [] }
    return departed
  }

  private func group(of workers: [Worker], where isMember: (Worker) -> Bool) -> Group {
    var group = Group()
    for worker in workers where worker.isEligible && isMember(worker) { group.append(worker) }
    return group
  }
}
