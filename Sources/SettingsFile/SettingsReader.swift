/// Makes settings of YAML events, one after the other.
struct SettingsReader {
  private enum State {
    case beforeMapping
    case inMapping
    /// A name was read; its value is next.
    case named(String, line: Int)
    /// Within a list, whose `elements` were read, or within an element of several texts.
    case inList(String, line: Int, isInner: Bool)
    case afterMapping
    case done
  }

  private(set) var settings: [Setting] = []
  private var state = State.beforeMapping
  private var names: Set<String> = []
  private var elements: [[String]] = []
  private var elementCount = 0

  /// Whether the text has ended.
  var isDone: Bool {
    if case .done = state { true } else { false }
  }

  /// Takes the next event.
  mutating func take(_ event: YAMLEvent) throws(SettingsFault) {
    if event.isMarked {
      throw SettingsFault(line: event.line, message: "tags and anchors are not taken here")
    }
    switch state {
    case .beforeMapping: try begin(event)
    case .inMapping: try takeName(event)
    case .named(let name, let line): try takeValue(of: name, line: line, event)
    case .inList(let name, let line, let isInner):
      try takeElement(of: name, line: line, isInner, event)
    case .afterMapping: try end(event)
    case .done: preconditionFailure("nothing comes after the end")
    }
  }

  private mutating func begin(_ event: YAMLEvent) throws(SettingsFault) {
    switch event.kind {
    case .streamStart, .documentStart: return
    case .mappingStart: state = .inMapping
    case .streamEnd: state = .done
    case .documentEnd: state = .afterMapping
    // A file of comments only, with a document marker, is an empty text.
    case .scalar("", isPlain: true): state = .afterMapping
    default:
      throw SettingsFault(line: event.line, message: "the file is no mapping of names to values")
    }
  }

  private mutating func takeName(_ event: YAMLEvent) throws(SettingsFault) {
    switch event.kind {
    case .mappingEnd: state = .afterMapping
    case .scalar(let text, _) where !text.isEmpty:
      let name = String(text.map { $0 == "_" ? "-" : $0 })
      guard names.insert(name).inserted else {
        throw SettingsFault(line: event.line, message: "'\(text)' is set twice")
      }
      state = .named(name, line: event.line)
    default: throw SettingsFault(line: event.line, message: "a name is a plain text")
    }
  }

  private mutating func takeValue(
    of name: String, line: Int, _ event: YAMLEvent
  ) throws(SettingsFault) {
    switch event.kind {
    case .scalar(let text, let isPlain):
      try add(name, isPlain ? SettingsReader.plain(text) : .text(text), line)
      state = .inMapping
    case .sequenceStart:
      elements = []
      state = .inList(name, line: line, isInner: false)
    default:
      throw SettingsFault(line: line, message: "'\(name)' takes a text, a switch or a list")
    }
  }

  private mutating func takeElement(
    of name: String, line: Int, _ isInner: Bool, _ event: YAMLEvent
  ) throws(SettingsFault) {
    elementCount += 1
    guard elementCount <= Settings.mostSettings else {
      throw SettingsFault(line: event.line, message: "more than \(Settings.mostSettings) elements")
    }
    switch (event.kind, isInner) {
    case (.scalar(let text, _), false): elements.append([text])
    case (.scalar(let text, _), true): elements[elements.count - 1].append(text)
    case (.sequenceStart, false):
      elements.append([])
      state = .inList(name, line: line, isInner: true)
    case (.sequenceEnd, true): state = .inList(name, line: line, isInner: false)
    case (.sequenceEnd, false):
      try add(name, .list(elements), line)
      state = .inMapping
    default:
      throw SettingsFault(line: event.line, message: "'\(name)' is a list of texts")
    }
  }

  private mutating func end(_ event: YAMLEvent) throws(SettingsFault) {
    switch event.kind {
    case .documentEnd: return
    case .streamEnd: state = .done
    default: throw SettingsFault(line: event.line, message: "the file has more than one document")
    }
  }

  private mutating func add(
    _ name: String, _ value: Setting.Value, _ line: Int
  ) throws(SettingsFault) {
    guard settings.count < Settings.mostSettings else {
      throw SettingsFault(line: line, message: "more than \(Settings.mostSettings) settings")
    }
    settings.append(Setting(name: name, value: value, line: line))
  }

  /// What an unquoted text means (YAML 1.1: language-independent types bool and null).
  private static func plain(_ text: String) -> Setting.Value {
    switch text {
    case "", "~", "null", "Null", "NULL": .nothing
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": .flag(true, word: text)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
      .flag(false, word: text)
    default: .text(text)
    }
  }
}
