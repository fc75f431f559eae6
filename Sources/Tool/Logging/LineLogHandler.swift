internal import Glibc
internal import Logging
internal import PDRouter
internal import Vocabulary

/// Writes a log record as one line: time, level, message, then `key=value` pairs in a stable order.
struct LineLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  private let sink: LogSink

  init(sink: LogSink, level: Logger.Level) {
    self.sink = sink
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var line = ByteBuffer(capacity: 512)
    LineLogHandler.appendTime(to: &line)
    line.append(" ")
    line.append(LineLogHandler.name(of: event.level))
    line.append(" ")
    line.append(event.message.description)
    appendPairs(of: event, to: &line)
    line.append("\n")
    sink.append(line.bytes)
  }

  private func appendPairs(of event: LogEvent, to line: inout ByteBuffer) {
    let own = event.metadata ?? [:]
    guard !own.isEmpty || !metadata.isEmpty else { return }
    for (key, value) in metadata.merging(own, uniquingKeysWith: { $1 }).sorted(by: {
      $0.key < $1.key
    }) {
      line.append(" ")
      line.append(key)
      line.append("=")
      LogValue.append("\(value)", to: &line)
    }
  }

  private static func name(of level: Logger.Level) -> StaticString {
    switch level {
    case .trace: "TRACE"
    case .debug: "DEBUG"
    case .info: "INFO"
    case .notice: "NOTICE"
    case .warning: "WARNING"
    case .error: "ERROR"
    case .critical: "CRITICAL"
    }
  }

  /// UTC time with milliseconds, RFC 3339.
  private static func appendTime(to line: inout ByteBuffer) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    append(Int(parts.tm_year) + 1900, width: 4, to: &line)
    line.append("-")
    append(Int(parts.tm_mon) + 1, width: 2, to: &line)
    line.append("-")
    append(Int(parts.tm_mday), width: 2, to: &line)
    line.append("T")
    append(Int(parts.tm_hour), width: 2, to: &line)
    line.append(":")
    append(Int(parts.tm_min), width: 2, to: &line)
    line.append(":")
    append(Int(parts.tm_sec), width: 2, to: &line)
    line.append(".")
    append(now.tv_nsec / 1_000_000, width: 3, to: &line)
    line.append("Z")
  }

  private static func append(_ number: Int, width: Int, to line: inout ByteBuffer) {
    var bound = 10
    for _ in 1..<width {
      if number < bound { line.append("0") }
      bound *= 10
    }
    line.append(decimal: number)
  }
}
