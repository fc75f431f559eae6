import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct LoopWorkersTests {
  /// Chooses `count` times and gives the workers' numbers.
  private func choices(
    _ count: Int, _ workers: LoopWorkers, _ leg: LoopWorkers.Leg,
    except tried: [UInt32] = [], policy name: PolicyName = .roundRobin
  ) -> [UInt32?] {
    var policy = PolicySeat(name.make())
    var generator = SplitMix64(seed: 1)
    var exclusion = TriedWorkers()
    for number in tried { exclusion.insert(WorkerID(number: number)) }
    return (0..<count).map { _ in
      workers.choose(
        leg, by: &policy, for: RequestTraits(promptTokens: .zero), except: exclusion,
        now: .zero, using: &generator)?.worker.id.number
    }
  }

  @Test func `each leg is served by its own role, and a worker for both by either`() {
    let workers = LoopWorkers(registry: makeRegistry([.prefill, .decode, .both]))
    #expect(Set(choices(6, workers, .prefill)) == [0, 2])
    #expect(Set(choices(6, workers, .serving)) == [1, 2])
  }

  @Test func `an empty fleet has nobody to choose`() {
    let workers = LoopWorkers(registry: makeRegistry([]))
    #expect(choices(1, workers, .serving) == [nil])
  }

  @Test func `a role that is missing has nobody to choose`() {
    let workers = LoopWorkers(registry: makeRegistry([.decode]))
    #expect(choices(1, workers, .prefill) == [nil])
  }

  @Test func `workers that were tried are passed over, and nobody is left after the last`() {
    let workers = LoopWorkers(registry: makeRegistry([.both, .both, .both]))
    #expect(Set(choices(6, workers, .serving, except: [1])) == [0, 2])
    #expect(Set(choices(3, workers, .serving, except: [1, 0])) == [2])
    #expect(choices(1, workers, .serving, except: [0, 1, 2]) == [nil])
    #expect(Set(choices(6, workers, .serving)) == [0, 1, 2])
  }

  @Test func `an unhealthy worker is passed over from the noted change on, and comes back`() {
    let registry = makeRegistry([.both, .both])
    let workers = LoopWorkers(registry: registry)
    _ = choices(1, workers, .serving)
    let ill = registry.workers[0]
    #expect(ill.setHealthy(false) && !ill.setHealthy(false))
    registry.noteChange()
    #expect(Set(choices(4, workers, .serving)) == [1])
    #expect(ill.setHealthy(true))
    registry.noteChange()
    #expect(Set(choices(4, workers, .serving)) == [0, 1])
  }

  @Test func `a worker registered later is chosen too`() throws {
    let registry = makeRegistry([.both])
    let workers = LoopWorkers(registry: registry)
    #expect(Set(choices(2, workers, .serving)) == [0])
    registry.add(try WorkerURL("http://late:1"), role: .both)
    #expect(Set(choices(4, workers, .serving)) == [0, 1])
  }

  @Test func `loads are read afresh for every choice, with and without tried workers`() {
    let registry = makeRegistry([.both, .both, .both])
    let workers = LoopWorkers(registry: registry)
    let list = registry.workers
    list[0].reserve(TokenCount(10))
    list[2].reserve(TokenCount(10))
    #expect(choices(1, workers, .serving, policy: .leastLoad) == [1])
    list[1].reserve(TokenCount(10))
    list[1].reserve(TokenCount(10))
    list[2].release(TokenCount(10))
    #expect(choices(1, workers, .serving, policy: .leastLoad) == [2])
    #expect(choices(1, workers, .serving, except: [2], policy: .leastLoad) == [0])
  }

  @Test func `of more than sixteen tried workers the oldest are forgotten`() {
    var tried = TriedWorkers()
    #expect(tried.isEmpty)
    for number in 0..<18 { tried.insert(WorkerID(number: UInt32(number))) }
    let kept = (0..<18).filter { tried.contains(WorkerID(number: UInt32($0))) }
    #expect(kept == Array(2..<18))
    #expect(!tried.isEmpty)
  }
}
