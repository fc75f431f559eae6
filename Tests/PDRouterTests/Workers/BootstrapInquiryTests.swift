import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

struct BootstrapInquiryTests {
  /// A prefill worker and an inquiry of its bootstrap server, which does not listen yet.
  private func makeInquiry(port: UInt16?) throws -> (RouterWorld, BootstrapInquiry, Worker) {
    let world = RouterWorld([.prefill, .decode])
    let worker = try #require(
      world.registry.add(
        try WorkerURL("http://w0:8000/prefix"), role: .prefill,
        details: WorkerDetails(bootstrapPort: port)))
    return (world, BootstrapInquiry(worker: worker, router: world.router, logger: .silent), worker)
  }

  /// The engine that decode engines are told to ask.
  private func engine(of worker: Worker) -> String? {
    guard let identity = worker.peer.identity else { return nil }
    let text = String(decoding: identity.members, as: UTF8.self)
    return text.split(separator: "\"").dropFirst(2).first.map(String.init)
  }

  private func server(
    of world: RouterWorld, port: UInt16, _ answer: @escaping () -> String
  ) -> ScriptedEngine {
    ScriptedEngine(on: world.engines[0].loop.host, port: port, isHTTP2: false) { _ in
      [.send(RouterWorld.answer(answer()))]
    }
  }

  @Test(arguments: [nil, 9123] as [UInt16?])
  func `the server's engine ids reach the worker`(port: UInt16?) throws {
    let (world, inquiry, worker) = try makeInquiry(port: port)
    let server = server(of: world, port: port ?? 8998) {
      #"{"0":{"engine_id":"a","x":1},"1":{"engine_id":"b"}}"#
    }
    inquiry.ask()
    world.world.run(for: .milliseconds(100))
    #expect(engine(of: worker) == "a")
    #expect(server.requests.map(\.head[0]) == ["GET /query HTTP/1.1"])
    #expect(server.requests[0].field("host") == "w0:\(port ?? 8998)" && server.openCount == 0)
    world.world.run(for: .seconds(60))
    #expect(server.requests.count == 1)
    inquiry.stop()
  }

  @Test func `a server that does not listen yet is tried again, and found when it does`() throws {
    let (world, inquiry, worker) = try makeInquiry(port: nil)
    inquiry.ask()
    world.world.run(for: .seconds(40))
    #expect(engine(of: worker) == nil)
    _ = server(of: world, port: 8998) { #"{"0":{"engine_id":"a"}}"# }
    world.world.run(for: .seconds(11))
    #expect(engine(of: worker) == "a")
    inquiry.stop()
  }

  @Test func `a series has thirty tries, and a failed request starts another`() throws {
    let (world, inquiry, worker) = try makeInquiry(port: nil)
    var answer = "not yet"
    let server = server(of: world, port: 8998) { answer }
    inquiry.ask()
    world.world.run(for: .seconds(1000))
    #expect(server.requests.count == BootstrapBackoff.tries)
    inquiry.askIfFailed()
    world.world.run(for: .seconds(100))
    #expect(server.requests.count == BootstrapBackoff.tries)
    answer = #"{"0":{"engine_id":"a"}}"#
    worker.noteFailure()
    inquiry.askIfFailed()
    world.world.run(for: .seconds(1))
    #expect(engine(of: worker) == "a")
    answer = #"{"0":{"engine_id":"b"}}"#
    inquiry.askIfFailed()
    world.world.run(for: .seconds(1))
    #expect(engine(of: worker) == "a")
    inquiry.ask()
    world.world.run(for: .seconds(1))
    #expect(engine(of: worker) == "b")
    inquiry.stop()
  }

  @Test func `the waits double to ten seconds and end with the thirtieth try`() {
    var backoff = BootstrapBackoff()
    let waits = (0..<BootstrapBackoff.tries).map { _ in backoff.next() }
    let wanted: [Duration?] =
      [1, 2, 4, 8].map { .seconds($0) } + Array(repeating: .seconds(10), count: 25) + [nil]
    #expect(waits == wanted)
  }

  @Test func `an inquiry that is stopped asks no more`() throws {
    let (world, inquiry, worker) = try makeInquiry(port: nil)
    inquiry.ask()
    world.world.run(for: .seconds(5))
    inquiry.stop()
    let server = server(of: world, port: 8998) { #"{"0":{"engine_id":"a"}}"# }
    world.world.run(for: .seconds(60))
    #expect(server.requests.isEmpty && engine(of: worker) == nil)
  }
}
