import Policies
import Testing
import Vocabulary

@testable import PDRouter

/// Pairs that a loop chooses together, or one after the other where that is what is wanted.
struct JointPairTests {
  typealias Pair = [UInt32]

  /// Workers like `P`, `D`, `P@a` (topology a), `D=k` (key k).
  private func makeRegistry(_ plans: [String]) throws -> WorkerRegistry {
    let registry = WorkerRegistry()
    for (number, plan) in plans.enumerated() {
      let text = String(plan.dropFirst(2))
      let mark = plan.dropFirst().first
      var details = WorkerDetails(key: mark == "=" ? text : nil)
      if mark == "@" { details.labels["topology"] = text }
      let url = try WorkerURL("http://w\(number):8000")
      registry.add(url, role: plan.first == "P" ? .prefill : .decode, details: details)
    }
    return registry
  }

  /// The pairs of `count` choices, by number.
  private func choices(
    _ count: Int, _ workers: LoopWorkers,
    _ policies: (PolicyName, PolicyName) = (.leastLoad, .leastLoad), tokens: Int = 1000,
    except tried: [UInt32] = [], seed: UInt64 = 1, reserves: Bool = false
  ) -> [Pair?] {
    var (first, second) = (PolicySeat(policies.0.make()), PolicySeat(policies.1.make()))
    var generator = SplitMix64(seed: seed)
    var exclusion = TriedWorkers()
    for number in tried { exclusion.insert(WorkerID(number: number)) }
    return (0..<count).map { _ in
      guard
        let pair = workers.choosePair(
          by: &first, &second, for: RequestTraits(promptTokens: TokenCount(tokens)),
          except: exclusion, now: .zero, using: &generator)
      else { return nil }
      if reserves {
        pair.prefill.worker.reserve(TokenCount(tokens))
        pair.decode.worker.reserve(TokenCount(tokens))
      }
      return [pair.prefill.worker.id.number, pair.decode.worker.id.number]
    }
  }

  private func warm(_ workers: LoopWorkers, _ pairs: [Pair]) {
    for pair in pairs {
      workers.pairs.noteSuccess(
        prefill: WorkerID(number: pair[0]), decode: WorkerID(number: pair[1]))
    }
  }

  @Test(arguments: [true, false])
  func `where pairs do not differ the choices are those of the two policies`(
    areWarm: Bool
  ) throws {
    func sequence(_ chooser: PairChooser?) throws -> [Pair?] {
      let plans = ["P", "P", "P", "D", "D", "D", "D"]
      let workers = LoopWorkers(registry: try makeRegistry(plans), pairChooser: chooser)
      if areWarm { warm(workers, (0..<3).flatMap { p in (3..<7).map { [p, $0] } }) }
      return choices(120, workers, reserves: true)
    }
    let joint = try sequence(PairChooser())
    #expect(joint == (try sequence(nil)))
    let shares = (0..<7 as Range<UInt32>).map { id in joint.count { $0?.contains(id) == true } }
    #expect(shares == [40, 40, 40, 30, 30, 30, 30])
  }

  @Test func `a cold pair is mostly avoided while a warm one is idle, and used later`()
    throws
  {
    let workers = LoopWorkers(registry: try makeRegistry(["P", "P", "D", "D"]))
    warm(workers, [[1, 3]])
    // One choice in eight lets strangers meet, who may be drawn to be the two that have met.
    let idle = choices(40, workers)
    #expect(idle.indices.allSatisfy { $0 % 8 == 7 || idle[$0] == [1, 3] })
    #expect(Set(idle).count > 1)
    let loaded = choices(40, workers, reserves: true)
    // Each request adds 1,064 at prefill and 512 at decode; a handshake is worth 2,048 of these.
    #expect(loaded.prefix(4) == [[1, 3], [1, 3], [0, 2], [1, 3]])
    #expect((18...22).contains(loaded.count { $0 == [1, 3] }))
    // By itself, prefill is drawn without asking whom it knows.
    let separate = LoopWorkers(
      registry: try makeRegistry(["P", "P", "D", "D"]), pairChooser: nil)
    warm(separate, [[1, 3]])
    #expect(Set(choices(40, separate)).contains([0, 2]))
  }

  @Test(arguments: [
    (["P@a", "P@b", "D@a", "D@b"], [[0, 2], [1, 3]]),
    (["P@a", "P@b", "D@b"], [[1, 2]]),
    (["P@a", "D@b", "D"], [[0, 2]]),
    (["P", "P@a", "D@b"], [[0, 2]]),
    (["P@a", "P@a", "D@b"], [[0, 2], [1, 2]]),
    (["P@", "D@", "D@b"], [[0, 1], [0, 2]]),
  ])
  func `pairs that lie apart by their labels are avoided`(plans: [String], pairs: [Pair]) throws {
    let workers = LoopWorkers(registry: try makeRegistry(plans))
    #expect(Set(choices(60, workers).compactMap { $0 }) == Set(pairs))
  }

  @Test(arguments: [nil, PairChooser()])
  func `a near decode worker may have two requests more than a far one`(
    chooser: PairChooser?
  ) throws {
    let registry = try makeRegistry(["P@a", "D@a", "D@b"])
    let workers = LoopWorkers(registry: registry, pairChooser: chooser)
    // 1,600 tokens cost 960 more from afar: not quite two requests.
    #expect(choices(1, workers, tokens: 1600) == [[0, 1]])
    for requests in [(1, [0, 1]), (3, [0, 2])] as [(Int, Pair)] {
      while registry.workers[1].requestsInFlight < requests.0 {
        registry.workers[1].reserve(TokenCount(1))
      }
      #expect(choices(1, workers, tokens: 1600) == [requests.1])
    }
  }

  @Test(arguments: PolicyName.allCases.filter { !$0.weighsPairs })
  func `a policy that places requests is obeyed on either side`(name: PolicyName) throws {
    for policies in [(name, .leastLoad), (.leastLoad, name), (name, name)] {
      func sequence(_ chooser: PairChooser?) throws -> [Pair?] {
        let plans = ["P@a", "P@b", "D@a", "D@b"]
        let workers = LoopWorkers(registry: try makeRegistry(plans), pairChooser: chooser)
        warm(workers, [[0, 2], [1, 3]])
        return choices(40, workers, policies, reserves: true)
      }
      #expect(try sequence(PairChooser()) == (try sequence(nil)))
    }
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func `a pair that may not be is never chosen, and one is where there is any`(
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    func letter(_ texts: [String]) -> String {
      texts[Int(random.next(upperBound: UInt64(texts.count)))]
    }
    let plans =
      (0..<20).map { _ in "P" + letter(["", "=a", "=b", "@x", "@y"]) }
      + (0..<20).map { _ in "D" + letter(["", "=a", "=b", "=c", "@x"]) }
    let registry = try makeRegistry(plans)
    let workers = LoopWorkers(registry: registry)
    for _ in 0..<150 {
      let pair: Pair = [
        UInt32(random.next(upperBound: UInt64(20))),
        20 + UInt32(random.next(upperBound: UInt64(20))),
      ]
      warm(workers, [pair])
      for _ in 0..<3 {
        _ = workers.pairs.noteFailure(
          prefill: WorkerID(number: pair[0]), decode: WorkerID(number: pair[1]), now: .zero)
      }
      warm(workers, [[pair[0], 20 + (pair[1] + 1) % 20]])
    }
    let tried = (0..<4).map { _ in UInt32(random.next(upperBound: UInt64(40))) }
    let list = registry.workers
    let pairs = choices(60, workers, except: tried, seed: seed, reserves: true)
    for pair in pairs {
      let pair = try #require(pair)
      let (first, second) = (list[Int(pair[0])], list[Int(pair[1])])
      #expect(!tried.contains(pair[0]) && !tried.contains(pair[1]))
      let fits = workers.isCompatible(first, second)
      #expect(fits)
      #expect(!workers.pairs.isEjected(prefill: first.id, decode: second.id, now: .zero))
    }
  }
}
