internal import Glibc
internal import Logging

/// Writes a log record as one line: time, level, message, then `key=value` pairs in a stable order.
///
/// Values with spaces, quotes or control characters are quoted and escaped, so that a line is
/// always one record whatever a client sent.
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
    var line: [UInt8] = []
    line.reserveCapacity(512)
    LineLogHandler.appendTime(to: &line)
    line += " \(event.level.rawValue.uppercased()) \(event.message)".utf8
    let pairs = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
      line += " \(key)=".utf8
      LineLogHandler.append("\(value)", to: &line)
    }
    line.append(UInt8(ascii: "\n"))
    sink.append(line)
  }

  /// UTC time with milliseconds, RFC 3339.
  private static func appendTime(to line: inout [UInt8]) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    func pad(_ number: Int, _ width: Int) {
      let digits = String(number)
      for _ in 0..<max(0, width - digits.count) { line.append(UInt8(ascii: "0")) }
      line += digits.utf8
    }
    pad(Int(parts.tm_year) + 1900, 4)
    line.append(UInt8(ascii: "-"))
    pad(Int(parts.tm_mon) + 1, 2)
    line.append(UInt8(ascii: "-"))
    pad(Int(parts.tm_mday), 2)
    line.append(UInt8(ascii: "T"))
    pad(Int(parts.tm_hour), 2)
    line.append(UInt8(ascii: ":"))
    pad(Int(parts.tm_min), 2)
    line.append(UInt8(ascii: ":"))
    pad(Int(parts.tm_sec), 2)
    line.append(UInt8(ascii: "."))
    pad(now.tv_nsec / 1_000_000, 3)
    line.append(UInt8(ascii: "Z"))
  }

  private static func append(_ value: String, to line: inout [UInt8]) {
    let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }
    guard !isPlain else {
      line += value.utf8
      return
    }
    line.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        line.append(UInt8(ascii: "\\"))
        line.append(byte)
      case 0x20...0x7E, 0x80...: line.append(byte)
      default:
        line += "\\x".utf8
        line += (byte < 16 ? "0" : "").utf8
        line += String(byte, radix: 16).utf8
      }
    }
    line.append(UInt8(ascii: "\""))
  }
}
