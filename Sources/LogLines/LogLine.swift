internal import JSONFields
public import Logging
public import Vocabulary

/// One log record as one line: time, level, message, fields.
///
/// Text: `2026-03-01T12:00:00.000Z INFO message key=value`. JSON: one object with `ts`, `level`,
/// `msg` and the fields. Never holds a line end but its own, and no terminal colours.
public enum LogLine {
  /// Appends the record, line end included; `fields` are those of a `LogFields` of `format`.
  public static func append(
    _ level: Logger.Level, _ message: UnsafeRawBufferPointer, _ fields: UnsafeRawBufferPointer,
    at time: UTCTime, as format: LogFormat, to line: inout ByteBuffer
  ) {
    switch format {
    case .text:
      time.append(to: &line)
      line.append(UInt8(ascii: " "))
      line.append(capitals(level))
      line.append(UInt8(ascii: " "))
      line.append(message)
      line.append(fields)
    case .json:
      line.append("{\"ts\":\"")
      time.append(to: &line)
      line.append("\",\"level\":\"")
      line.append(level.rawValue)
      line.append("\",\"msg\":")
      line.append(jsonString: message)
      line.append(fields)
      line.append(UInt8(ascii: "}"))
    }
    line.append(UInt8(ascii: "\n"))
  }

  private static func capitals(_ level: Logger.Level) -> StaticString {
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
}
