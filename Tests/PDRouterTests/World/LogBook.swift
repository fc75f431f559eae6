import Logging
import Synchronization

/// Keeps the messages that a logger is given.
final class LogBook: Sendable {
  private let lines = Mutex<[String]>([])

  /// The messages so far, in order.
  var messages: [String] { lines.withLock { $0 } }

  /// A logger that writes here.
  var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

  private struct Handler: LogHandler {
    let book: LogBook
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      book.lines.withLock { $0.append("\(event.message)") }
    }
  }
}
