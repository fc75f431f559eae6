import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Requests with session keys, from the client's bytes to the worker.
@Suite(.overBothProtocols) struct SessionRequestTests {
  private let prompt = #"{"prompt":"x","max_tokens":4}"#

  /// Which engines got the requests sent since `counts`.
  private func receivers(_ world: RouterWorld, since counts: [Int]) -> [Int] {
    zip(world.engines, counts).enumerated().flatMap { place, pair in
      Array(repeating: place, count: pair.0.legs.count - pair.1)
    }
  }

  @discardableResult
  private func send(_ world: RouterWorld, _ id: String, body: String? = nil) -> [Int] {
    let before = world.engines.map(\.legs.count)
    let fields = body == nil ? "x-session-id: \(id)\r\n" : ""
    #expect(
      world.fetch(post("/v1/completions", body ?? prompt, fields)).map(\.status) == [200])
    return receivers(world, since: before)
  }

  @Test(arguments: [PolicyName.consistentHash, .rendezvousHash, .stickyLeastLoaded])
  func `a session keeps its worker, by its header field as by its body`(policy: PolicyName) {
    let world = RouterWorld(Array(repeating: .both, count: 4)) { $0.policy = policy }
    var homes: Set<Int> = []
    for number in 0..<12 {
      let home = send(world, "s\(number)")
      let named = #"{"prompt":"x","user":"u\#(number)"}"#
      let other = send(world, "", body: named)
      homes.formUnion(home)
      for _ in 0..<2 {
        #expect(send(world, "s\(number)") == home)
        #expect(send(world, "", body: named) == other)
      }
    }
    #expect(homes.count > 2)
    world.expectNothingLeft()
  }

  @Test(arguments: [PolicyName.consistentHash, .stickyLeastLoaded])
  func `a session of a split request keeps both its workers`(policy: PolicyName) {
    let world = makeSplitWorld(prefill: 2, decode: 3) { $0.policy = policy }
    var pairs: Set<[Int]> = []
    for number in 0..<8 {
      let pair = send(world, "s\(number)")
      #expect(pair.count == 2)
      #expect(send(world, "s\(number)") == pair)
      pairs.insert(pair)
    }
    #expect(pairs.count > 3)
  }

  @Test func `a session whose worker failed it stays with the one that served it`() {
    let world = RouterWorld(Array(repeating: .both, count: 3)) { $0.policy = .stickyLeastLoaded }
    guard let home = send(world, "a").first else { return }
    let working = world.engines[home].script
    world.engines[home].script = { _ in [.close] }
    let receivers = send(world, "a")
    guard let refuge = receivers.first(where: { $0 != home }) else { return }
    #expect(receivers.contains(home))
    world.engines[home].script = working
    #expect(send(world, "a") == [refuge])
  }

  @Test func `all loops know the sessions that one of them placed`() {
    let world = RouterWorld(Array(repeating: .both, count: 4)) { $0.policy = .stickyLeastLoaded }
    let second = SecondLoop(of: world)
    for number in 0..<8 {
      let home = send(world, "s\(number)")
      let before = world.engines.map(\.legs.count)
      let fields = "x-session-id: s\(number)\r\n"
      let client = second.client(.text(post("/v1/completions", prompt, fields)))
      #expect(world.awaitAnswers(1, client))
      #expect(receivers(world, since: before) == home)
    }
  }

  @Test func `a finished session is placed anew`() {
    let world = RouterWorld(Array(repeating: .both, count: 2)) { $0.policy = .stickyLeastLoaded }
    let memory = world.router.policyMemory.sessions(of: .serving)
    for number in 0..<4 { send(world, "s\(number)") }
    #expect(memory.count == 4)
    let answer = world.fetch(post("/finish_session?x=1&session_id=s1", ""))[0]
    #expect(answer.status == 200)
    #expect(answer.body == #"{"status":"ok","session_id":"s1"}"#)
    #expect(memory.count == 3)
  }

  @Test(arguments: [
    ("?session_id=nobody", 200, #"{"status":"ok","session_id":"nobody"}"#),
    ("?session_id=a%20%22b+c", 200, #"{"status":"ok","session_id":"a \"b c"}"#),
    ("?session_id=%C3%AB", 200, #"{"status":"ok","session_id":"ë"}"#),
  ])
  func `finishing answers with the session's name`(query: String, status: Int, body: String) {
    let answer = RouterWorld().fetch(post("/finish_session\(query)", ""))[0]
    #expect(answer.status == status && answer.body == body)
  }

  @Test(arguments: ["", "?", "?session_id", "?session_id=", "?session_id=%zz", "?xsession_id=a"])
  func `finishing without a session's name is refused`(query: String) {
    let answer = RouterWorld().fetch(post("/finish_session\(query)", ""))[0]
    #expect(answer.status == 400 && answer.body.contains("INVALID_SESSION_ID"))
  }

  @Test func `a policy that asks for no session is given none`() {
    let world = RouterWorld([.both])
    #expect(!world.router.policyNeeds.contains(.session))
    send(world, "a")
    #expect(world.router.policyMemory.sessions(of: .serving).count == 0)
  }
}
