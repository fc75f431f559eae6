public import Logging

/// Hands records on to a `Logger` of whoever embeds the router, as text in the message.
public struct LoggerTarget: LogLineTarget {
  private let logger: Logger

  /// A target that writes to `logger`.
  public init(_ logger: Logger) {
    self.logger = logger
  }

  /// Fields are part of the message.
  public var format: LogFormat { .text }

  /// What becomes of a record is the logger's affair.
  public var droppedLines: Int { 0 }

  /// Logs the record, unless the logger does not want its level.
  public func write(
    _ level: Logger.Level, _ message: StaticString, _ fields: UnsafeRawBufferPointer
  ) {
    guard logger.logLevel <= level else { return }
    logger.log(level: level, "\(message)\(String(decoding: fields, as: UTF8.self))")
  }
}
