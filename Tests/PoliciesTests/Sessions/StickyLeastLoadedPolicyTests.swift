import Testing
import Vocabulary

@testable import Policies

struct StickyLeastLoadedPolicyTests {
  private let memory: PolicyMemory

  init() {
    var settings = PolicySettings()
    settings.sessionExpiry = .seconds(100)
    memory = PolicyMemory(settings: settings)
  }

  private func policy(
    _ ids: some Sequence<Int> = 0..<5, leg: PolicyLeg = .serving
  ) -> StickyLeastLoadedPolicy {
    var policy = StickyLeastLoadedPolicy(memory.sessions(of: leg), settings: memory.settings)
    policy.noteMembers(Fleet.members(ids))
    return policy
  }

  /// Chooses and routes there, as a loop does.
  @discardableResult
  private func route(
    _ policy: inout StickyLeastLoadedPolicy, _ id: String, at seconds: Int = 0,
    among ids: [Int] = Array(0..<5)
  ) -> Int? {
    let request = Fleet.request(session: id, at: .zero + .seconds(seconds))
    let chosen = Pool(ids: ids).id(for: request, by: &policy)
    if let chosen { policy.noteRouted(request, to: WorkerID(number: UInt32(chosen))) }
    return chosen
  }

  /// Highest hash of `id:url` over five workers, by a port of the baseline's to Python.
  @Test(arguments: [("abc", 4), ("s1", 2), ("s2", 1), ("42", 0)])
  func `a new session on an empty pool goes where its hash is highest`(id: String, worker: Int) {
    var policy = policy()
    var generator = SplitMix64(seed: 1)
    let request = Fleet.request(session: id)
    let choice = Pool(ids: 0..<5).choice(of: &policy, &generator, for: request)
    #expect(choice == Choice(index: worker, reason: .fewestSessions, score: 0))
  }

  @Test func `a session stays with its worker whatever the loads, and the reason says so`() {
    var policy = policy()
    let home = route(&policy, "a")
    for number in 0..<20 { route(&policy, "other-\(number)") }
    var pool = Pool(ids: 0..<5)
    if let home { pool.workers[home] = Pool.worker(home, requests: 99, tokens: 99_999) }
    var generator = SplitMix64(seed: 1)
    let choice = pool.choice(of: &policy, &generator, for: Fleet.request(session: "a"))
    #expect(choice?.index == home)
    #expect(choice?.reason == .session)
  }

  @Test(arguments: [(5, 100), (5, 103), (16, 1000), (3, 2)])
  func `new sessions are shared out evenly to the last one`(workers: Int, sessions: Int) {
    var policy = policy(0..<workers)
    for number in 0..<sessions { route(&policy, "s\(number)", among: Array(0..<workers)) }
    let counts = (0..<workers).map {
      memory.sessions(of: .serving).sessions(of: WorkerID(number: UInt32($0)))
    }
    #expect(counts.reduce(0, +) == sessions)
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
  }

  @Test func `choosing alone remembers nothing`() {
    var policy = policy()
    for number in 0..<50 {
      let request = Fleet.request(session: "s\(number)")
      let first = Pool(ids: 0..<5).id(for: request, by: &policy)
      #expect(Pool(ids: 0..<5).id(for: request, by: &policy) == first)
    }
    #expect(memory.sessions(of: .serving).count == 0)
  }

  @Test func `a session whose worker is away moves for good`() {
    var policy = policy()
    guard let home = route(&policy, "a") else { return }
    let rest = (0..<5).filter { $0 != home }
    let refuge = route(&policy, "a", among: rest)
    #expect(refuge != home)
    #expect(route(&policy, "a") == refuge)
    #expect(memory.sessions(of: .serving).sessions(of: WorkerID(number: UInt32(home))) == 0)
  }

  @Test func `a retry that went elsewhere takes the session along`() {
    var policy = policy()
    guard let home = route(&policy, "a") else { return }
    let other = WorkerID(number: UInt32((home + 1) % 5))
    policy.noteRouted(Fleet.request(session: "a"), to: other)
    #expect(route(&policy, "a") == Int(other.number))
  }

  @Test func `a session that was silent for its expiry is a new one`() {
    var policy = policy()
    let home = route(&policy, "a", at: 0)
    // Everybody else gets one, so that a new session would go elsewhere only if `a` still counted.
    #expect(route(&policy, "a", at: 99) == home)
    #expect(route(&policy, "a", at: 198) == home)
    guard let home else { return }
    let other = WorkerID(number: UInt32((home + 1) % 5))
    policy.noteRouted(Fleet.request(session: "a", at: .zero + .seconds(200)), to: other)
    #expect(route(&policy, "a", at: 299) == Int(other.number))
    #expect(route(&policy, "a", at: 399) == home)
  }

  @Test func `two loops' policies agree on every session`() {
    var (one, two) = (policy(), policy())
    for number in 0..<200 {
      let home = route(&one, "s\(number)")
      #expect(route(&two, "s\(number)") == home)
    }
    for number in 200..<400 {
      let home = route(&two, "s\(number)")
      #expect(route(&one, "s\(number)") == home)
    }
    let counts = (0..<5).map { memory.sessions(of: .serving).sessions(of: WorkerID(number: $0)) }
    #expect(counts == [80, 80, 80, 80, 80])
  }

  @Test func `the legs have sessions of their own, and finishing one ends it on both`() {
    var (prefill, decode) = (policy(0..<2, leg: .prefill), policy(2..<5))
    let first = route(&prefill, "a", among: [0, 1])
    let second = route(&decode, "a", among: [2, 3, 4])
    #expect([0, 1].contains(first) && [2, 3, 4].contains(second))
    #expect(memory.finishSession("a".utf8))
    #expect(memory.sessions(of: .prefill).count == 0)
    #expect(memory.sessions(of: .serving).count == 0)
    #expect(!memory.finishSession("a".utf8))
  }

  @Test func `one id in two fields is one session`() {
    var policy = policy()
    let home = route(&policy, "42")
    for number in 0..<4 { route(&policy, "s\(number)") }
    let request = Fleet.request(source: "user:", "42")
    var generator = SplitMix64(seed: 1)
    let choice = Pool(ids: 0..<5).choice(of: &policy, &generator, for: request)
    #expect(choice?.index == home)
    #expect(choice?.reason == .session)
  }

  /// Sessions and requests in flight of four workers, and who may get a request without a session.
  @Test(
    arguments: [
      ([1, 0, 1, 1], [0, 0, 0, 0], [1]), ([1, 0, 1, 1], [0, 2, 0, 0], [0, 2, 3]),
      ([0, 0, 0, 0], [3, 1, 2, 1], [1, 3]), ([2, 2, 2, 2], [0, 0, 0, 0], [0, 1, 2, 3]),
    ] as [([Int], [Int], Set<Int>)])
  func `a request without a session goes where sessions and requests are fewest`(
    sessions: [Int], requests: [Int], places: Set<Int>
  ) {
    var policy = policy(0..<4)
    for (worker, count) in sessions.enumerated() {
      for number in 0..<count {
        policy.noteRouted(
          Fleet.request(session: "\(worker)-\(number)"), to: WorkerID(number: UInt32(worker)))
      }
    }
    let pool = Pool(loads: requests.map { ($0, 0) })
    var generator = SplitMix64(seed: 5)
    let request = RequestTraits(promptTokens: .zero)
    let chosen = (0..<200).compactMap { _ in
      pool.choice(of: &policy, &generator, for: request)?.index
    }
    #expect(Set(chosen) == places)
    #expect(memory.sessions(of: .serving).count == sessions.reduce(0, +))
    // With a prefix, alike prompts meet.
    let alike = Fleet.request(prefix: [1, 2, 3])
    #expect(Set((0..<20).map { _ in pool.id(for: alike, by: &policy) }).count == 1)
  }
}
