import Policies
import Testing
import Vocabulary

@testable import PDRouter

/// What is kept of the line-up from choice to choice is what would come of lining up anew.
struct StandingLineupTests {
  /// A fleet whose workers change, seen by a loop that remembers and by one that has just begun.
  private final class Scene {
    let registry: WorkerRegistry
    let index = PrefixIndex(bytesPerWorker: 1 << 20)
    let slowStart: SlowStart
    var seasoned: LoopWorkers
    var now = Instant.zero
    var traits = RequestTraits(promptTokens: TokenCount(100))

    init(_ roles: [Role], slowStart: Duration = .zero) {
      registry = makeRegistry(roles)
      self.slowStart = SlowStart(over: slowStart)
      seasoned = LoopWorkers(
        registry: registry, caches: CacheKnowledge(index), slowStart: self.slowStart)
    }

    private func look(
      _ workers: LoopWorkers, _ leg: PolicyLeg, except tried: TriedWorkers
    ) -> [WorkerSnapshot] {
      workers.refresh()
      workers.caches?.look(at: traits, among: workers.serving.workers.count)
      var condition = LoopWorkers.Condition(tried: tried, isUrgent: traits.isUrgent, now: now)
      condition.modelRow = workers.modelRow(of: traits.askedModel)
      workers.gather(leg, condition)
      return workers.candidates(leg)
    }

    /// The candidates for `leg` as the loop that remembers sees them; the other one must agree.
    func candidates(
      _ leg: PolicyLeg = .serving, except tried: TriedWorkers = TriedWorkers()
    ) -> [WorkerSnapshot] {
      let fresh = LoopWorkers(
        registry: registry, caches: CacheKnowledge(index), slowStart: slowStart)
      let (expected, found) = (
        look(fresh, leg, except: tried), look(seasoned, leg, except: tried)
      )
      #expect(found == expected)
      return found
    }

    func ids() -> [UInt32] { candidates().map(\.id.number) }
  }

  @Test func `a worker that is ejected, drains, is ill or leaves is no candidate, nor told of`() {
    let scene = Scene([.both, .both, .both, .both])
    #expect(scene.ids() == [0, 1, 2, 3])
    let list = scene.registry.workers
    #expect(scene.registry.setDraining(true, list[0].id))
    #expect(scene.ids() == [1, 2, 3])
    #expect(list[1].setHealthy(false))
    scene.registry.noteChange()
    #expect(scene.ids() == [2, 3])
    scene.registry.remove(list[3].id)
    list[2].reserve(TokenCount(7))
    #expect(scene.candidates().map(\.requestsInFlight) == [1])
    #expect(scene.registry.setDraining(false, list[0].id))
    list[0].reserve(TokenCount(5))
    #expect(scene.candidates().map(\.tokensInFlight.number) == [5, 7])
  }

  @Test func `loads of forty workers in several blocks are those of the moment`() throws {
    let scene = Scene(Array(repeating: .both, count: 40))
    let list = scene.registry.workers
    for step in 0..<200 {
      let worker = list[step * 7 % 40]
      worker.reserve(TokenCount(step))
      if step % 3 == 0 { worker.release(TokenCount(step)) }
      if step % 10 == 0 { _ = scene.candidates() }
    }
    let found = scene.candidates()
    #expect(found.map(\.requestsInFlight) == list.map(\.requestsInFlight))
    #expect(found.map(\.tokensInFlight.number) == list.map(\.tokensInFlight))
    #expect(found.map(\.load) == list.map { Double($0.requestsInFlight) })
    let late = scene.registry.add(try WorkerURL("http://late:1"), role: .both)
    late?.reserve(TokenCount(9))
    #expect(scene.candidates().last?.tokensInFlight == TokenCount(9))
  }

  @Test func `a report counts when it has come, until it is too old, and the next one after it`() {
    let scene = Scene([.both, .both])
    let list = scene.registry.workers
    #expect(scene.candidates().allSatisfy { $0.reported == nil })
    func report(_ foreign: Int, _ place: Int, until seconds: Int) {
      list[place].note(
        LoadReport(
          load: ReportedLoad(foreignRequests: foreign),
          freshUntil: .zero + .seconds(seconds)))
      scene.registry.noteReports()
    }
    report(3, 0, until: 10)
    report(5, 1, until: 20)
    #expect(scene.candidates().map(\.load) == [3, 5])
    scene.now = .zero + .seconds(10)
    #expect(scene.candidates().map(\.load) == [3, 5])
    scene.now = .zero + .seconds(11)
    #expect(scene.candidates().map(\.load) == [0, 5])
    report(1, 0, until: 40)
    #expect(scene.candidates().map(\.load) == [1, 5])
    scene.now = .zero + .seconds(21)
    #expect(scene.candidates().map(\.load) == [1, 0])
  }

  @Test func `a worker that comes back slowly gets more from choice to choice, then all`() {
    let scene = Scene([.both, .both], slowStart: .seconds(10))
    let worker = scene.registry.workers[1]
    #expect(scene.candidates().map(\.share) == [1, 1])
    #expect(worker.setHealthy(false))
    scene.registry.noteChange()
    #expect(scene.candidates().count == 1)
    #expect(worker.setHealthy(true, now: scene.now))
    scene.registry.noteChange()
    var shares: [Double] = []
    for second in [0, 5, 10, 11] {
      scene.now = .zero + .seconds(second)
      shares.append(scene.candidates()[1].share)
    }
    #expect(shares == [0.1, 0.55, 1, 1])
  }

  @Test func `what is cached is each request's own, also after workers came and left`() throws {
    let scene = Scene([.both, .both, .both])
    func prompt(_ hashes: [UInt64]) -> PrefixChain {
      var chain = PrefixChain()
      chain.hashes = hashes
      return chain
    }
    scene.index.insert(prompt([1, 2, 3]), for: WorkerID(number: 2))
    scene.index.insert(prompt([1]), for: WorkerID(number: 0))
    func cached(_ hashes: [UInt64]) -> [Int] {
      scene.traits.prefix = prompt(hashes)
      return scene.candidates().map(\.cachedBlocks)
    }
    #expect(cached([1, 2, 9]) == [1, 0, 2])
    #expect(cached([8]) == [0, 0, 0])
    #expect(cached([]) == [0, 0, 0])
    scene.index.insert(prompt([8]), for: WorkerID(number: 1))
    #expect(cached([8]) == [0, 1, 0])
    scene.registry.remove(WorkerID(number: 0))
    #expect(cached([1, 2]) == [0, 2])
    scene.index.forget(WorkerID(number: 2))
    scene.registry.add(try WorkerURL("http://late:1"), role: .both)
    scene.index.insert(prompt([1]), for: WorkerID(number: 3))
    #expect(cached([1, 2]) == [0, 0, 1])
  }

  @Test func `a choice among some sees them as a choice among all does, and leaves no trace`() {
    let scene = Scene([.both, .both, .both])
    let list = scene.registry.workers
    list[1].reserve(TokenCount(4))
    list[2].reserve(TokenCount(6), isUrgent: true)
    var tried = TriedWorkers()
    tried.insert(list[0].id)
    #expect(scene.candidates(except: tried).map(\.requestsInFlight) == [1, 1])
    scene.traits.priority = -1
    #expect(scene.candidates().map(\.requestsInFlight) == [0, 0, 1])
    scene.traits.priority = 0
    #expect(scene.candidates().map(\.requestsInFlight) == [0, 1, 1])
  }

  @Test func `whom a model is learned of serves it, and is asked by nobody else's`() {
    let scene = Scene([.both, .both])
    let list = scene.registry.workers
    let small = ModelName.number("small")
    scene.traits.askedModel = small
    #expect(scene.candidates().count == 2)
    _ = list[0].learn(models: ModelCatalogue(of: "small"))
    _ = list[1].learn(models: ModelCatalogue(of: "large"))
    scene.registry.noteChange()
    #expect(scene.ids() == [0])
    scene.traits.askedModel = nil
    #expect(scene.ids() == [0, 1])
  }
}
