public import Logging

/// Where whole log records go that were built without swift-log's dictionaries: one call a record.
public protocol LogLineTarget: Sendable {
  /// How fields must be written.
  var format: LogFormat { get }
  /// Records that were lost so far, because the reader of the log is too slow or a file cannot be
  /// written.
  var droppedLines: Int { get }
  /// Takes one record; `fields` (of a `LogFields` of that format) is valid only during the call.
  /// Never blocks.
  func write(_ level: Logger.Level, _ message: StaticString, _ fields: UnsafeRawBufferPointer)
}
