/// One setting of a file: a name, what it is set to, and where that stands.
public struct Setting: Equatable, Sendable {
  /// What a setting is set to.
  public enum Value: Equatable, Sendable {
    /// Nothing (`key:`, `~`, `null`): as if it were not there.
    case nothing
    /// One text, as written; quoted text is never a switch.
    case text(String)
    /// `true` or `false`, with the word that said so (`yes`, `on`, …).
    case flag(Bool, word: String)
    /// A list; an element is one text, or several that belong together.
    case list([[String]])
  }

  /// The name, with dashes where the file may have underscores.
  public let name: String
  /// What it is set to.
  public let value: Value
  /// Its line in the file, from 1.
  public let line: Int

  /// A setting from its parts.
  public init(name: String, value: Value, line: Int) {
    self.name = name
    self.value = value
    self.line = line
  }
}
