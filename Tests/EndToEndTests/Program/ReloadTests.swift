import EventLoop
import Glibc
import Simulation
import TestFiles
import Testing
import Vocabulary

/// SIGHUP: the settings file is read again, and no request is dropped.
@Suite struct ReloadTests {
  private static let host = "127.0.0.1"

  private static func settings(_ engine: HostAndPort, _ more: String = "") -> String {
    "port: 0\nprometheus-port: 0\nhealth-check-interval-secs: 1\n"
      + "worker-urls: [\"http://\(engine)\"]\n" + more
  }

  /// Lets the program read its file, and waits until it has said what came of it.
  private static func reload(_ program: ProgramRun, until word: String) throws {
    let before = program.written.count
    program.signal(SIGHUP)
    while !program.written.dropFirst(before).contains(word) {
      try #require(program.waitForMore(), "\(program.written)")
    }
  }

  @Test func `workers and limits change while a stream goes on, and a bad file changes nothing`()
    throws
  {
    let engines = try #require(EngineThread(count: 2))
    defer { engines.stop() }
    let file = TemporaryFile(Self.settings(engines.addresses[0]))
    defer { withExtendedLifetime(file) {} }
    let program = try #require(ProgramRun(["--config", file.path, "--loops", "2"]))
    defer { program.signal(SIGKILL) }
    let port = try #require(program.port(of: "listening"), "\(program.written)")
    let address = HostAndPort(host: Self.host, port: port)
    let stream = FleetRequest.chat("on and on", maxTokens: 200, streams: true)
    let right = try AnswerOracle([stream]).answer(to: stream)
    let next = Self.settings(engines.addresses[1], "max-payload-size: 400\nloops: 4\n")
    let answers = ClientThread.ask([stream], at: address) {
      do {
        file.write(next)
        try Self.reload(program, until: "configuration was read")
      } catch {
        Issue.record(error)
      }
    }
    #expect(answers.map { $0.map { GeneratedAnswer($0) } } == [[right]])
    // The command line says 2 loops, whatever the file says.
    #expect(program.written.contains("workers_added=1 workers_removed=1"))
    #expect(
      program.written.contains("need_restart=\"\"") || program.written.contains("need_restart= "))
    let listed = ClientThread.ask([FleetRequest("GET", "/list_workers")], at: address)
    #expect(listed.first?.first?.text == "{\"urls\":[\"http://\(engines.addresses[1])\"]}")
    let long = FleetRequest.chat(String(repeating: "x", count: 500))
    let late = ClientThread.ask([.chat("short"), long], at: address)
    #expect(late.map { $0.first?.status } == [200, 413])
    file.write("worker-urls: [ftp://x]\nnonsense: 1\n")
    try Self.reload(program, until: "configuration was not read")
    #expect(ClientThread.ask([.chat("still")], at: address).first?.first?.status == 200)
    program.signal(SIGTERM)
    #expect(program.exitCode() == 0)
  }
}
