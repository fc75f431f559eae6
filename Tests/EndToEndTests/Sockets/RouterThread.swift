import EventLoop
import PDRouter
import Testing
import Vocabulary

/// A router as the program runs it: on threads of its own, with its own ports.
final class RouterThread {
  let router: Router
  /// Where clients connect.
  let address: HostAndPort
  /// Where its metrics are; nil where it was told to serve none.
  let metrics: HostAndPort?
  private let thread: LoopThread

  /// Starts it and waits until its ports are open.
  init(_ configuration: RouterConfiguration) throws {
    let announcements = Announcements()
    let router = try Router(configuration: configuration, logger: announcements.logger)
    let thread = LoopThread.start(name: "router") { _ in
      do { try router.run() } catch { Issue.record("the router cannot run: \(error)") }
    }
    self.router = router
    self.thread = thread
    do {
      address = try #require(announcements.address(of: "listening"))
      if configuration.metrics == nil {
        metrics = nil
      } else {
        let announced: HostAndPort = try #require(announcements.address(of: "serving metrics"))
        metrics = announced
      }
    } catch {
      router.stop()
      thread.join()
      throw error
    }
  }

  /// Lets it end what it is doing, and waits for that.
  func stop() {
    router.stop()
    thread.join()
  }
}

extension RouterConfiguration {
  /// Free ports of loopback, and workers at `engines`: one of prefill and one of decode where they
  /// are split.
  static func onLoopback(
    before engines: [HostAndPort], isDisaggregated: Bool = false
  ) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.listen = HostAndPort(host: "127.0.0.1", port: 0)
    configuration.metrics = HostAndPort(host: "127.0.0.1", port: 0)
    configuration.isDisaggregated = isDisaggregated
    let roles: [Role] = isDisaggregated ? [.prefill, .decode] : engines.map { _ in .both }
    configuration.workers = zip(engines, roles).map { .init(url: "http://\($0)", role: $1) }
    return configuration
  }
}
