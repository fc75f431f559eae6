public import Logging
internal import Vocabulary

/// Writes swift-log's records as lines of a `LogSink`: message and level, then the metadata in a
/// stable order.
public struct LineLogHandler: LogHandler {
  /// Records below it are not written.
  public var logLevel: Logger.Level
  /// What every record has.
  public var metadata: Logger.Metadata = [:]
  private let sink: LogSink

  /// A handler that writes to `sink` from `level` up.
  public init(sink: LogSink, level: Logger.Level) {
    self.sink = sink
    logLevel = level
  }

  /// One value of what every record has.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one record.
  public func log(event: LogEvent) {
    var fields = LogFields(sink.format)
    let own = event.metadata ?? [:]
    if !own.isEmpty || !metadata.isEmpty {
      let all = metadata.merging(own, uniquingKeysWith: { $1 })
      for (key, value) in all.sorted(by: { $0.key < $1.key }) { fields.add(key, "\(value)") }
    }
    var message = event.message.description
    message.withUTF8 { sink.write(event.level, UnsafeRawBufferPointer($0), fields.bytes) }
  }
}
