/// What is wrong with a settings file, and where.
public struct SettingsFault: Error, Equatable, Sendable {
  /// The line, from 1; 0 when the file as a whole is meant.
  public let line: Int
  /// One sentence without a full stop.
  public let message: String

  /// A fault from its parts.
  public init(line: Int, message: String) {
    self.line = line
    self.message = message
  }
}
