import Testing
import Vocabulary

@testable import PDRouter

struct WorkerRegistryTests {
  @Test func `a removed worker is gone for good, and its number is never used again`() throws {
    let registry = makeRegistry([.both, .both])
    let first = registry.workers[0]
    let version = registry.version
    #expect(registry.remove(first.id) && first.state == .gone)
    #expect(registry.version > version && registry.workers.map(\.id.number) == [1])
    #expect(!registry.remove(first.id) && !registry.setDraining(false, first.id))
    let again = try #require(registry.add(first.url, role: .both))
    #expect(again.id.number == 2 && again !== first && again.state == .active)
    #expect(registry.worker(first.id) === first && registry.departed(first.url).last === first)
  }

  @Test func `removing by URL takes every role that has it`() throws {
    let registry = WorkerRegistry()
    let url = try WorkerURL("http://a:1")
    registry.add(url, role: .prefill)
    registry.add(url, role: .decode)
    registry.add(try WorkerURL("http://b:1"), role: .decode)
    #expect(registry.remove(url) == 2 && registry.workers.map(\.url.text) == ["http://b:1"])
    #expect(registry.remove(url) == 0)
  }

  @Test func `draining takes a worker out and back, and moves the version each time`() {
    let registry = makeRegistry([.both])
    let worker = registry.workers[0]
    var versions = [registry.version]
    for isDraining in [true, true, false] {
      #expect(registry.setDraining(isDraining, worker.id))
      #expect(worker.isEligible != isDraining && worker.isHealthy)
      versions.append(registry.version)
    }
    #expect(versions == versions.sorted() && Set(versions).count == versions.count)
    #expect(!registry.setDraining(true, WorkerID(number: 7)))
  }

  @Test func `a full registry takes nobody until somebody leaves`() throws {
    let registry = WorkerRegistry()
    for number in 0..<WorkerRegistry.capacity {
      registry.add(try WorkerURL("http://w\(number):1"), role: .both)
    }
    let late = try WorkerURL("http://late:1")
    #expect(registry.add(late, role: .both) == nil)
    guard case .full = registry.register([late], role: .both, details: WorkerDetails()) else {
      Issue.record("the registry takes more than its capacity")
      return
    }
    registry.remove(WorkerID(number: 0))
    #expect(registry.add(late, role: .both) != nil)
  }

  @Test func `of the workers that left the last ones are remembered`() throws {
    let registry = WorkerRegistry()
    for number in 0...WorkerRegistry.capacity {
      let worker = try #require(registry.add(try WorkerURL("http://w\(number):1"), role: .both))
      registry.remove(worker.id)
    }
    #expect(registry.worker(WorkerID(number: 0)) == nil)
    #expect(registry.worker(WorkerID(number: 1)) != nil)
  }
}
