import EventLoop
import PDRouter
import Policies
import Simulation
import Testing
import Vocabulary

/// How much is let in, over sockets, by the program's own loops.
@Suite struct AdmissionProgramTests {
  /// Lets `count` clients ask a router at once whose engine takes `delay` for each.
  private func ask(
    _ count: Int, answeringAfter delay: Duration,
    configure: (inout RouterConfiguration) -> Void
  ) throws -> (answers: [ReceivedAnswer], mostAtEngine: Int, atEngine: Int) {
    let engine = try #require(CountingEngine(answeringAfter: delay))
    defer { engine.stop() }
    var configuration = RouterConfiguration.onLoopback(before: [engine.address])
    configuration.metrics = nil
    configuration.policy = .roundRobin
    configure(&configuration)
    let router = try RouterThread(configuration)
    defer { router.stop() }
    let requests = (0..<count).map { FleetRequest.completion("number \($0)") }
    let answers = ClientThread.ask(requests, at: router.address)
    #expect(answers.allSatisfy { $0.count == 1 })
    return (answers.compactMap(\.first), engine.figures.most, engine.figures.total)
  }

  @Test func `one limit holds over four loops, and everybody who waits is served`() throws {
    let run = try ask(80, answeringAfter: .milliseconds(20)) {
      $0.loops = 4
      $0.admission.maxConcurrentRequests = 3
    }
    #expect(run.answers.map(\.status) == Array(repeating: 200, count: 80))
    #expect(run.mostAtEngine == 3 && run.atEngine == 80)
  }

  @Test func `a rate holds over four loops`() throws {
    let run = try ask(30, answeringAfter: .milliseconds(1)) {
      $0.loops = 4
      $0.admission.maxConcurrentRequests = 4
      $0.admission.requestsPerSecond = 50
    }
    #expect(run.answers.map(\.status) == Array(repeating: 200, count: 30))
    #expect(run.mostAtEngine <= 4)
  }

  @Test func `without a queue some are served and the others told when to come again`() throws {
    let run = try ask(16, answeringAfter: .milliseconds(500)) {
      $0.loops = 2
      $0.admission.maxConcurrentRequests = 2
      $0.admission.queueSize = 0
    }
    let refused = run.answers.filter { $0.status == 429 }
    #expect(run.answers.count { $0.status == 200 } + refused.count == 16)
    #expect(refused.count < 16 && refused.count > 0 && run.mostAtEngine <= 2)
    for answer in refused {
      #expect(answer.field("retry-after").flatMap { Int($0) }.map { $0 >= 1 } == true)
    }
  }

  @Test func `of four at once one is served, one waits in vain, and two are refused`() throws {
    let run = try ask(4, answeringAfter: .seconds(2)) {
      $0.admission.maxConcurrentRequests = 1
      $0.admission.queueSize = 1
      $0.admission.queueTimeout = .seconds(1)
    }
    #expect(run.answers.map(\.status).sorted() == [200, 408, 429, 429])
    #expect(run.mostAtEngine == 1 && run.atEngine == 1)
  }
}
