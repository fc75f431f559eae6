import EventLoop
import PDRouter
import Testing
import Vocabulary

/// A router whose engines never come.
@Suite struct StartupTests {
  @Test(arguments: [1, 3])
  func `the program ends when no worker was healthy in time`(loops: Int) throws {
    var configuration = RouterConfiguration()
    configuration.listen = HostAndPort(host: "127.0.0.1", port: 0)
    configuration.metrics = nil
    configuration.loops = loops
    configuration.startup.timeout = .seconds(1)
    // Port 1 of loopback: nobody listens there.
    configuration.workers = [.init(url: "http://127.0.0.1:1", role: .both)]
    let router = try Router(configuration: configuration, logger: Announcements().logger)
    let expected = StartupFailure(timeout: .seconds(1), workers: ["http://127.0.0.1:1"])
    #expect(throws: RouterFailure.startup(expected)) { try router.run() }
  }
}
