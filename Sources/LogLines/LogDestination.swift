/// What a `LogSink` writes its lines to, on its own thread.
public protocol LogDestination: Sendable {
  /// Writes whole lines; may block.
  ///
  /// - Returns: how many lines could not be written.
  func write(_ lines: UnsafeRawBufferPointer, at time: UTCTime) -> Int
}

/// A descriptor that is there from the beginning: standard output.
public struct LogDescriptor: LogDestination {
  private let descriptor: Int32

  /// A destination of an open descriptor, which stays the caller's.
  public init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Standard output.
  public static var standardOutput: LogDescriptor { LogDescriptor(1) }

  /// Writes the lines, waiting for as long as the reader takes.
  public func write(_ lines: UnsafeRawBufferPointer, at time: UTCTime) -> Int {
    LineCount.lines(in: DescriptorWriting.write(lines, to: descriptor))
  }
}
