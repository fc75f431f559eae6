/// How a log record stands in its line.
public enum LogFormat: String, Sendable, CaseIterable {
  /// Time, level and message, then `key=value` pairs.
  case text
  /// One JSON object.
  case json
}
