import Policies
import Testing
import Vocabulary

@testable import PDRouter

/// Pairs of a prefill and a decode worker as one loop chooses them.
struct PairChoosingTests {
  /// What a worker of a test's registry is.
  private struct Plan {
    var role: Role
    var key: String?
    var version: String?
  }

  /// Registers workers by plans like `P`, `D`, `Pk=a` (key a), `Dv=1` (version 1).
  private func makeRegistry(_ plans: [String]) throws -> WorkerRegistry {
    let registry = WorkerRegistry()
    for (number, plan) in plans.enumerated() {
      let isKeyed = plan.dropFirst().first == "k"
      let text = plan.count > 1 ? String(plan.dropFirst(3)) : nil
      let worker = try #require(
        registry.add(
          try WorkerURL("http://w\(number):8000"), role: plan.first == "P" ? .prefill : .decode,
          details: WorkerDetails(key: isKeyed ? text : nil)))
      if let text, !isKeyed { #expect(worker.learn(version: text)) }
    }
    registry.noteChange()
    return registry
  }

  /// The pairs of `count` choices, by number.
  private func choices(
    _ count: Int, _ workers: LoopWorkers, except tried: [UInt32] = [],
    policy name: PolicyName = .random, now: Instant = .zero
  ) -> [[UInt32]?] {
    var policies = (prefill: PolicySeat(name.make()), serving: PolicySeat(name.make()))
    var generator = SplitMix64(seed: 1)
    var exclusion = TriedWorkers()
    for number in tried { exclusion.insert(WorkerID(number: number)) }
    return (0..<count).map { _ in
      workers.choosePair(
        by: &policies.prefill, &policies.serving, for: RequestTraits(promptTokens: .zero),
        except: exclusion, now: now, using: &generator
      ).map { [$0.prefill.worker.id.number, $0.decode.worker.id.number] }
    }
  }

  @Test(arguments: [
    (["P", "D"], [[0, 1]]), (["P", "P", "D"], [[0, 2], [1, 2]]),
    (["Pk=a", "Dk=b"], []), (["Pk=a", "Dk=a"], [[0, 1]]), (["Pk=a", "D"], [[0, 1]]),
    (["Pv=1", "Dv=2"], []), (["Pv=1", "Dv=1"], [[0, 1]]), (["Pv=1", "D"], [[0, 1]]),
    (["Pk=a", "Dv=2"], [[0, 1]]), (["Pk=a", "Pk=b", "Dk=b"], [[1, 2]]),
    (["Pk=a", "Pk=b", "Dk=a", "Dk=b", "D"], [[0, 2], [0, 4], [1, 3], [1, 4]]),
    (["Pv=1", "Pv=2", "Dv=2", "Dv=2"], [[1, 2], [1, 3]]), (["P"], []), (["D"], []), ([], []),
  ])
  func `only workers that fit are paired, and every pair that fits occurs`(
    plans: [String], pairs: [[UInt32]]
  ) throws {
    let workers = LoopWorkers(registry: try makeRegistry(plans))
    let chosen = choices(100, workers)
    #expect(Set(chosen.compactMap { $0 }) == Set(pairs))
    #expect(chosen.contains(nil) == pairs.isEmpty)
  }

  @Test func `tried workers are in no pair, and a prefill worker without a partner is passed over`()
    throws
  {
    let workers = LoopWorkers(registry: try makeRegistry(["Pk=a", "Pk=b", "Dk=a", "Dk=b"]))
    #expect(Set(choices(20, workers, except: [2])) == [[1, 3]])
    #expect(Set(choices(20, workers, except: [1])) == [[0, 2]])
    #expect(choices(1, workers, except: [0, 3]) == [nil])
  }

  @Test func `a decode worker for a handle fits the worker that made it, also while that drains`()
    throws
  {
    let registry = try makeRegistry(["Pk=a", "Dk=a", "Dk=b"])
    let workers = LoopWorkers(registry: registry)
    let prefill = registry.workers[0]
    var policy = PolicySeat(PolicyName.random.make())
    var generator = SplitMix64(seed: 1)
    for isDraining in [false, true] {
      #expect(registry.setDraining(isDraining, prefill.id))
      let chosen = (0..<20).map { _ in
        workers.choose(
          .serving, by: &policy, for: RequestTraits(promptTokens: .zero), except: TriedWorkers(),
          pairedWith: prefill, now: .zero, using: &generator)?.worker.id.number
      }
      #expect(Set(chosen) == [1])
    }
  }

  @Test func `a pair that keeps failing is passed over while there is another, then probed once`()
    throws
  {
    let workers = LoopWorkers(registry: try makeRegistry(["P", "P", "D", "D"]))
    let (p, d) = (WorkerID(number: 0), WorkerID(number: 2))
    let told = (1...3).map { _ in workers.pairs.noteFailure(prefill: p, decode: d, now: .zero) }
    #expect(told == [false, false, true])
    #expect(Set(choices(100, workers)) == [[0, 3], [1, 2], [1, 3]])
    #expect(Set(choices(100, workers, except: [1, 3])) == [[0, 2]])
    #expect(Set(choices(100, workers, except: [3])) == [[1, 2]])
    let later = choices(100, workers, now: at(30_000))
    #expect(later.count { $0 == [0, 2] } == 1)
    workers.pairs.noteSuccess(prefill: p, decode: d)
    #expect(choices(100, workers, now: at(30_001)).count { $0 == [0, 2] } > 5)
  }

  @Test func `least loaded prefers a warm pair until it has four requests more`() throws {
    let registry = try makeRegistry(["P", "D", "D"])
    let workers = LoopWorkers(registry: registry)
    let warm = registry.workers[1]
    workers.pairs.noteSuccess(prefill: WorkerID(number: 0), decode: warm.id)
    for _ in 0..<4 {
      #expect(choices(1, workers, policy: .leastLoad) == [[0, 1]])
      warm.reserve(TokenCount(1))
    }
    warm.reserve(TokenCount(1))
    #expect(choices(1, workers, policy: .leastLoad) == [[0, 2]])
    let cold = workers.coldPairs(of: registry.workers[0]).map(\.decode.id.number)
    let coldOfWarm = workers.coldPairs(of: warm)
    #expect(cold == [2] && coldOfWarm.isEmpty)
  }
}
