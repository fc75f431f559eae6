import Policies
import Testing
import Vocabulary

@testable import PDRouter

/// Who is chosen for which model.
struct ModelRosterTests {
  /// Lets worker number `number` say that it serves `ids`.
  private func teach(_ registry: WorkerRegistry, _ number: Int, _ ids: [String], owner: String = "")
  {
    let objects = ids.map { #"{"id":"\#($0)","owned_by":"\#(owner)"}"# }.joined(separator: ",")
    guard let catalogue = withBytes(of: #"{"data":[\#(objects)]}"#, { ModelCatalogue($0) }) else {
      preconditionFailure()
    }
    registry.learn(catalogue, of: [registry.workers[number]])
  }

  private func traits(_ model: String?) -> RequestTraits {
    var traits = RequestTraits(promptTokens: .zero)
    traits.askedModel = model.map { ModelName.number($0) }
    return traits
  }

  /// The numbers of those that are chosen for `model` in some turns.
  private func chosen(
    _ workers: LoopWorkers, _ model: String?, _ leg: LoopWorkers.Leg = .serving
  ) -> Set<UInt32> {
    var seat = PolicySeat(PolicyName.roundRobin.make())
    var generator = SplitMix64(seed: 1)
    return Set(
      (0..<8).compactMap { _ in
        workers.choose(
          leg, by: &seat, for: traits(model), except: TriedWorkers(), now: .zero,
          using: &generator)?.worker.id.number
      })
  }

  @Test func `a model is served by those that list it and by those that list nothing`() {
    let registry = makeRegistry([.both, .both, .both, .both])
    let workers = LoopWorkers(registry: registry)
    #expect(chosen(workers, "a") == [0, 1, 2, 3])
    teach(registry, 0, ["a"])
    teach(registry, 1, ["b", "a"])
    teach(registry, 2, ["b"])
    #expect(chosen(workers, "a") == [0, 1, 3])
    #expect(chosen(workers, "b") == [1, 2, 3])
    #expect(chosen(workers, "c") == [3])
    #expect(chosen(workers, nil) == [0, 1, 2, 3])
    let isNobodys = workers.isNobodys(ModelName.number("c"))
    #expect(!isNobodys)
    teach(registry, 3, ["a"])
    #expect(chosen(workers, "c") == [])
    let nobodys = ["b", "c"].map { workers.isNobodys(ModelName.number($0)) }
    #expect(nobodys == [false, true])
    let isMixed = workers.isMixed
    #expect(isMixed)
  }

  @Test func `where all serve the same nobody is passed over, and nothing is mixed`() {
    let registry = makeRegistry([.both, .both])
    let workers = LoopWorkers(registry: registry)
    for number in 0...1 { teach(registry, number, ["a", "b"]) }
    #expect(chosen(workers, "b") == [0, 1])
    let isMixed = workers.isMixed
    #expect(!isMixed)
    let rows = [ModelName.number("a"), nil].map { workers.modelRow(of: $0) }
    #expect(rows == [ModelRoster.everybody, ModelRoster.everybody])
  }

  @Test func `an ill worker's model is not nobody's`() {
    let registry = makeRegistry([.both, .both])
    let workers = LoopWorkers(registry: registry)
    teach(registry, 0, ["a"])
    teach(registry, 1, ["b"])
    _ = registry.workers[1].setHealthy(false)
    registry.noteChange()
    #expect(chosen(workers, "b") == [])
    let nobodys = ["b", "c"].map { workers.isNobodys(ModelName.number($0)) }
    #expect(nobodys == [false, true])
  }

  @Test func `an engine that looks at no name gets what nobody lists`() {
    let registry = makeRegistry([.both, .both])
    let workers = LoopWorkers(registry: registry)
    teach(registry, 0, ["a"], owner: "sglang")
    teach(registry, 1, ["b"])
    #expect(chosen(workers, "b") == [1])
    #expect(chosen(workers, "default") == [0])
    let isNobodys = workers.isNobodys(ModelName.number("default"))
    #expect(!isNobodys)
  }

  @Test func `unknown models go to anybody where the operator says so`() {
    let registry = makeRegistry([.both, .both])
    let workers = LoopWorkers(registry: registry, passesUnknownModels: true)
    teach(registry, 0, ["a"])
    teach(registry, 1, ["b"])
    #expect(chosen(workers, "c") == [0, 1])
    #expect(chosen(workers, "a") == [0])
    let isNobodys = workers.isNobodys(ModelName.number("c"))
    #expect(!isNobodys)
  }

  @Test func `both workers of a pair serve the model, or there is no pair`() {
    let registry = makeRegistry([.prefill, .prefill, .decode, .decode])
    let workers = LoopWorkers(registry: registry)
    for (number, model) in ["a", "b", "a", "c"].enumerated() { teach(registry, number, [model]) }
    var seats = (PolicySeat(PolicyName.leastLoad.make()), PolicySeat(PolicyName.leastLoad.make()))
    var generator = SplitMix64(seed: 1)
    for (model, expected) in [("a", [0, 2]), ("b", nil), ("c", nil)] as [(String, [UInt32]?)] {
      for _ in 0..<8 {
        let pair = workers.choosePair(
          by: &seats.0, &seats.1, for: traits(model), except: TriedWorkers(), now: .zero,
          using: &generator)
        #expect(pair.map { [$0.prefill.worker.id.number, $0.decode.worker.id.number] } == expected)
      }
    }
    let nobodys = ["b", "c"].map { workers.isNobodys(ModelName.number($0)) }
    #expect(nobodys == [true, false])
    var tried = TriedWorkers()
    tried.insert(WorkerID(number: 2))
    let hasAnother = ["a", "c"].map { workers.hasWorker(.serving, for: traits($0), except: tried) }
    #expect(hasAnother == [false, true])
  }

  @Test func `more models than there are rows are told apart all the same`() {
    let registry = makeRegistry([.both, .both])
    let workers = LoopWorkers(registry: registry)
    let ids = (0..<(3 * ModelRoster.capacity)).map { "m\($0)" }
    teach(registry, 0, ids.filter { $0.hasSuffix("0") })
    teach(registry, 1, ids.filter { !$0.hasSuffix("0") })
    for id in ids + ids.reversed() {
      #expect(chosen(workers, id) == [id.hasSuffix("0") ? 0 : 1])
    }
    #expect(workers.roster.rows.count == ModelRoster.capacity)
  }
}
