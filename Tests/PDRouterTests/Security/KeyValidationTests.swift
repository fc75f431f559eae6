import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// Bearer tokens that other servers validate.
struct KeyValidationTests {
  private typealias Act = ScriptedEngine.Act

  /// A router, and two servers that say who is let in.
  private final class AuthWorld {
    let world: RouterWorld
    let servers: [ScriptedEngine]

    init(_ acts: [[Act]] = [[.send(RouterWorld.ok)]], keys: [String] = []) {
      let count = acts.count
      world = RouterWorld {
        $0.clients.validationURLs = (0..<count).map { "http://auth\($0):8000/check?n=\($0)" }
        $0.clients.keys = keys
      }
      let network = world.world
      servers = acts.enumerated().map { number, acts in
        ScriptedEngine(on: network.makeHost("auth\(number)"), isHTTP2: false) { _ in acts }
      }
    }

    func ask(_ token: String = "tok") -> Int? {
      world.fetch(request(token), within: .seconds(30)).first?.status
    }

    func request(_ token: String = "tok") -> String {
      get("/version", "authorization: bearer \(token)\r\n")
    }

    /// How often each server was asked.
    var questions: [Int] { servers.map(\.requests.count) }

    func advance(_ seconds: Int) { world.world.run(for: .seconds(seconds)) }
  }

  private static let no = RouterWorld.answer("no", status: 401)

  @Test func `a token that a server knows is let in, asked once and passed on`() throws {
    let auth = AuthWorld()
    #expect(auth.ask() == 200 && auth.ask() == 200 && auth.ask() == 200)
    #expect(auth.questions == [1])
    let question = try #require(auth.servers[0].requests.first)
    #expect(question.head[0] == "GET /check?n=0 HTTP/1.1")
    #expect(question.field("authorization") == "Bearer tok")
    #expect(question.field("host") == "auth0:8000")
    #expect(auth.world.engines[0].requests[0].field("authorization") == "bearer tok")
    auth.world.expectNothingLeft()
  }

  @Test(
    arguments: [
      ([[Act.send(no)], [.send(RouterWorld.ok)]], 200, [1, 1], true),
      ([[.send(RouterWorld.ok)], [.send(no)]], 200, [1, 0], true),
      ([[.send(no)], [.send(no)]], 401, [1, 1], true),
      ([[.send(RouterWorld.answer("", status: 201))], [.send(no)]], 401, [1, 1], true),
      ([[.send("HTTP/1.1 204 N\r\n\r\n")], [.send(no)]], 401, [1, 1], true),
      ([[.reset], [.send(RouterWorld.ok)]], 200, [1, 1], true),
      ([[.reset], [.send(no)]], 503, [1, 1], false),
      ([[.send(no)], [.close]], 503, [1, 1], false),
      ([[.send(RouterWorld.answer("", status: 502))], [.send(no)]], 503, [1, 1], false),
      ([[], []], 503, [1, 1], false),
    ] as [([[ScriptedEngine.Act]], Int, [Int], Bool)])
  func `the first server that says 200 counts, and what is not known is not remembered`(
    acts: [[ScriptedEngine.Act]], status: Int, asked: [Int], isRemembered: Bool
  ) {
    let auth = AuthWorld(acts)
    #expect(auth.ask() == status)
    #expect(auth.questions == asked)
    let again = auth.ask()
    #expect(again == status)
    #expect(auth.questions == (isRemembered ? asked : asked.map { 2 * $0 }))
    #expect(auth.world.engines[0].requests.count == (status == 200 ? 2 : 0))
    auth.world.expectNothingLeft()
  }

  @Test func `what is remembered is remembered for a while`() {
    let auth = AuthWorld([[.send(Self.no)]])
    #expect(auth.ask() == 401)
    auth.advance(8)
    #expect(auth.ask() == 401 && auth.questions == [1])
    auth.advance(3)
    auth.servers[0].script = { _ in [.send(RouterWorld.ok)] }
    #expect(auth.ask() == 200 && auth.questions == [2])
    auth.advance(290)
    #expect(auth.ask() == 200 && auth.questions == [2])
    auth.advance(15)
    auth.servers[0].script = { _ in [.send(Self.no)] }
    #expect(auth.ask() == 401 && auth.questions == [3])
  }

  @Test func `requests with one token share its validation, and others have their own`() {
    let auth = AuthWorld([[.wait(.seconds(2)), .send(RouterWorld.ok)]])
    let clients = (0..<20).map { auth.world.client(.text(auth.request("t\($0 % 2)"))) }
    auth.world.world.run(for: .seconds(1))
    #expect(auth.questions == [2] && auth.world.router.validator?.waiting == 20)
    #expect(auth.world.engines[0].requests.isEmpty)
    auth.world.world.run(for: .seconds(2))
    #expect(clients.allSatisfy { auth.world.answer(to: $0)?.status == 200 })
    #expect(auth.questions == [2] && auth.world.router.validator?.waiting == 0)
    #expect(auth.world.router.validator?.validationsUnderWay == 0)
  }

  @Test func `a client that leaves while it waits is forgotten, and the others are not`() {
    let auth = AuthWorld([[.wait(.seconds(2)), .send(RouterWorld.ok)]])
    let first = auth.world.client(.text(auth.request()), .wait(.seconds(1)), .hangUp(.reset))
    let second = auth.world.client(.text(auth.request()))
    auth.world.world.run(for: .milliseconds(1500))
    #expect(auth.world.router.validator?.waiting == 1 && first.isClosed)
    auth.world.world.run(for: .seconds(1))
    #expect(auth.world.answer(to: second)?.status == 200)
    #expect(auth.world.engines[0].requests.count == 1)
    auth.world.expectNothingLeft()
  }

  @Test func `too many tokens at once are refused for the moment`() {
    let auth = AuthWorld([[.wait(.seconds(2)), .send(RouterWorld.ok)]])
    let clients = (0...KeyValidator.validations).map {
      auth.world.client(.text(auth.request("t\($0)")))
    }
    auth.world.world.run(for: .seconds(1))
    let early = clients.compactMap { auth.world.answer(to: $0) }
    #expect(early.map(\.status) == [503] && early[0]["retry-after"] == "1")
    auth.world.world.run(for: .seconds(4))
    let statuses = clients.map { auth.world.answer(to: $0)?.status }
    #expect(statuses.count { $0 == 200 } == KeyValidator.validations)
  }

  @Test func `a key of ours is not asked about, another token is`() {
    let auth = AuthWorld([[.send(Self.no)]], keys: ["ours"])
    #expect(auth.ask("ours") == 200 && auth.questions == [0])
    #expect(auth.ask("theirs") == 401 && auth.questions == [1])
    #expect(auth.world.fetch(get("/health")).map(\.status) == [200])
    #expect(auth.world.fetch(get("/version")).map(\.status) == [401])
    #expect(auth.questions == [1])
  }

  @Test func `a router that stops tells whoever waits`() {
    let auth = AuthWorld([[]])
    let client = auth.world.client(.text(auth.request()))
    auth.world.world.run(for: .seconds(1))
    auth.world.router.abort()
    auth.world.world.run(for: .seconds(1))
    let answer = auth.world.answer(to: client)
    #expect(answer?.status == 503 && answer?.body.contains("shutting_down") == true)
    #expect(auth.servers[0].openCount == 0)
  }

  @Test func `a drain waits for those who wait`() {
    let auth = AuthWorld([[.wait(.seconds(2)), .send(RouterWorld.ok)]])
    let client = auth.world.client(.text(auth.request()))
    auth.world.world.run(for: .seconds(1))
    var isIdle = false
    auth.world.router.drain { isIdle = true }
    auth.world.world.run(for: .milliseconds(500))
    #expect(!isIdle)
    auth.world.world.run(for: .seconds(4))
    #expect(isIdle && auth.world.answer(to: client)?.status == 200)
  }

  @Test func `the memory is bounded and shared`() {
    let memory = TokenMemory(capacity: 100)
    for number in 0..<1000 {
      memory.note(.init(of: "\(number)"), isValid: true, now: .zero)
    }
    #expect(memory.count == 100)
    #expect(memory.verdict(on: .init(of: "999"), now: .zero) == true)
    #expect(memory.verdict(on: .init(of: "0"), now: .zero) == nil)
  }
}
