import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct CacheKnowledgeTests {
  private let index = PrefixIndex(bytesPerWorker: 1 << 20)
  private let workers = (0..<3 as Range<UInt32>).map { WorkerID(number: $0) }

  private func traits(_ hashes: [UInt64], model: UInt64? = nil) -> RequestTraits {
    var traits = RequestTraits(promptTokens: TokenCount(1000))
    traits.prefix.hashes = hashes
    traits.model = model
    return traits
  }

  @Test func `what was routed to a worker is known there, as far as prompts agree`() {
    let caches = CacheKnowledge(index)
    let first = traits([1, 2, 3, 4])
    caches.look(at: first, among: 3)
    #expect(!caches.isHit)
    caches.noteRouted(first, to: workers[1])
    caches.look(at: traits([1, 2, 9]), among: 3)
    #expect(caches.isHit)
    #expect(workers.map { caches.cachedBlocks(on: $0) } == [0, 2, 0])
    caches.forget(workers[1])
    caches.look(at: first, among: 3)
    #expect(workers.allSatisfy { caches.cachedBlocks(on: $0) == 0 })
  }

  @Test func `a worker that breaks promises goes by load until it keeps them`() throws {
    let caches = CacheKnowledge(index)
    let worker = Worker(
      id: workers[0], url: try WorkerURL("http://w:1"), role: .both)
    let request = traits([1, 2, 3, 4])
    caches.look(at: request, among: 3)
    caches.noteRouted(request, to: worker.id)
    caches.look(at: request, among: 3)
    #expect(caches.cachedBlocks(on: worker.id) == 4)
    for _ in 0..<20 {
      caches.note(worker, predicted: 4, of: 4, cached: .zero, of: TokenCount(1000))
    }
    #expect(caches.cachedBlocks(on: worker.id) == 0 && caches.predictedBlocks(on: worker.id) == 4)
    #expect(worker.prefixPredictionError > 0.8)
    for _ in 0..<40 {
      caches.note(worker, predicted: 4, of: 4, cached: TokenCount(1000), of: TokenCount(1000))
    }
    #expect(caches.cachedBlocks(on: worker.id) == 4)
    #expect(worker.prefixPredictionError < 0.1)
  }

  @Test func `only a rare model is new to those who have not served it`() {
    let caches = CacheKnowledge(index)
    for number in 0..<40 {
      let isRare = number % 10 == 0
      let request = traits([], model: isRare ? 7 : 8)
      caches.look(at: request, among: 3)
      caches.noteRouted(request, to: workers[isRare ? 2 : 0])
    }
    caches.look(at: traits([], model: 7), among: 3)
    #expect(workers.map { caches.isNewToModel($0) } == [true, true, false])
    caches.look(at: traits([], model: 8), among: 3)
    #expect(workers.allSatisfy { !caches.isNewToModel($0) })
    caches.look(at: traits([]), among: 3)
    #expect(workers.allSatisfy { !caches.isNewToModel($0) })
  }
}

/// What policies see of three workers.
extension CacheKnowledge {
  private var lineup: [WorkerSnapshot] {
    var (numbers, sites) = (MarkNumbers(), SiteNumbers())
    var group = LegWorkers(
      of: makeRegistry([.both, .both, .both]).workers, panicThreshold: 0,
      slowStart: SlowStart(over: .zero), &numbers, &sites)
    note(in: &group)
    return group.everybody
  }

  fileprivate func cachedBlocks(on worker: WorkerID) -> Int {
    lineup[Int(worker.number)].cachedBlocks
  }

  fileprivate func isNewToModel(_ worker: WorkerID) -> Bool {
    lineup[Int(worker.number)].isNewToModel
  }
}
