/// The settings of a YAML file: one mapping of names to texts, switches and lists.
///
/// Pure: text in, settings or faults out. Of YAML 1.1 it takes what a list of flags needs; aliases,
/// tags, mappings within the mapping and a second document are faults, as is a name that comes
/// twice. Limits: `longestFile` bytes and `mostSettings` settings.
public enum Settings {
  /// Bytes of a file that is read: far more than there are flags.
  public static let longestFile = 1 << 20
  /// Settings and list elements of a file.
  static let mostSettings = 10_000

  /// Reads the text of a file.
  ///
  /// - Throws: the first `SettingsFault` that makes the text no settings; what the settings mean is
  ///   not looked at.
  public static func read(_ text: [UInt8]) throws(SettingsFault) -> [Setting] {
    guard text.count <= longestFile else {
      throw SettingsFault(line: 0, message: "the file is larger than \(longestFile) bytes")
    }
    var reader = SettingsReader()
    let events = YAMLEvents(text)
    while !reader.isDone {
      try reader.take(try events.next())
    }
    return reader.settings
  }
}
