import Dispatch
import Logging
import Synchronization
import Vocabulary

/// A log that remembers the addresses a router announces, for other threads to wait for.
final class Announcements: Sendable {
  private let addresses = Mutex<[String: String]>([:])
  private let changes = DispatchSemaphore(value: 0)

  /// A logger that writes here.
  var logger: Logger {
    Logger(label: "end-to-end") { _ in AnnouncementHandler(announcements: self) }
  }

  /// Notes an address under the message that announced it.
  func note(_ message: String, _ address: String) {
    addresses.withLock { $0[message] = address }
    changes.signal()
  }

  /// Waits for the address announced with `message`; nil when none comes within ten seconds.
  func address(of message: String) -> HostAndPort? {
    while true {
      if let text = addresses.withLock({ $0[message] }) {
        guard let port = text.split(separator: ":").last.flatMap({ UInt16($0) }) else { return nil }
        return HostAndPort(host: "127.0.0.1", port: port)
      }
      guard changes.wait(timeout: .now() + 10) == .success else { return nil }
    }
  }
}

private struct AnnouncementHandler: LogHandler {
  let announcements: Announcements
  var logLevel = Logger.Level.notice
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    guard let address = event.metadata?["address"] else { return }
    announcements.note("\(event.message)", "\(address)")
  }
}
