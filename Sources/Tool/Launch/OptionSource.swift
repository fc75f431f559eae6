internal import ArgumentParser
internal import PDRouter
internal import SettingsFile

/// Where the router's options come from: a command line, and the settings file that it names.
///
/// Both are read anew each time, so that the file may change while the router runs. What the
/// command line says wins.
struct OptionSource {
  /// The words of the command line, without the program's name and the sub-command.
  let arguments: [String]

  /// The source that this process was started with.
  static var ofProcess: OptionSource {
    var words = Array(CommandLine.arguments.dropFirst())
    if let first = words.first, [RouterCommand.name, CheckConfigCommand.name].contains(first) {
      words.removeFirst()
    }
    return OptionSource(arguments: words)
  }

  /// The options as they are now, and the configuration that they say, with every fault of the file
  /// among its `statedFaults`.
  ///
  /// - Throws: what ArgumentParser throws for the command line's own.
  func read() throws -> (options: RouterOptions, configuration: RouterConfiguration) {
    let stated = try RouterOptions.parse(ListArguments.completed(arguments))
    guard let path = stated.config else { return (stated, stated.routerConfiguration()) }
    var words: [String] = []
    var faults: [String] = []
    do throws(SettingsFault) {
      let settings = try Settings.read(try TextFile.read(path, limit: Settings.longestFile))
      let areRight = OptionSource.areRight(settings)
      for setting in settings {
        switch OptionSource.words(of: setting, isRight: areRight) {
        case .success(let found): if !isGiven(setting.name) { words += found }
        case .failure(let fault): faults.append("\(path):\(fault.line): \(fault.message)")
        }
      }
    } catch {
      faults.append(
        error.line > 0 ? "\(path):\(error.line): \(error.message)" : "\(path): \(error.message)")
    }
    let options = try RouterOptions.parse(ListArguments.completed(words + arguments))
    var configuration = options.routerConfiguration()
    configuration.statedFaults = faults + configuration.statedFaults
    return (options, configuration)
  }

  /// Whether the command line names the flag itself, or the one that says the contrary.
  private func isGiven(_ name: String) -> Bool {
    let contrary = OptionSource.contrary(of: name)
    return arguments.contains {
      $0 == "--\(name)" || $0.hasPrefix("--\(name)=") || $0 == "--\(contrary)"
    }
  }

  /// `no-x` for `x`, and the reverse.
  private static func contrary(of name: String) -> String {
    name.hasPrefix("no-") ? String(name.dropFirst(3)) : "no-\(name)"
  }

  /// Whether ArgumentParser takes all settings. It needs milliseconds, however many there are, so
  /// they are looked at one by one only to say which of them is wrong.
  private static func areRight(_ settings: [Setting]) -> Bool {
    var words: [String] = []
    for setting in settings {
      guard case .success(let found) = OptionSource.words(of: setting, isRight: true) else {
        return false
      }
      words += found
    }
    return (try? RouterOptions.parse(ListArguments.completed(words))) != nil
  }

  /// The words that say on a command line what `setting` says, as far as they make sense alone.
  ///
  /// - Parameter isRight: the parser is known to take its value.
  private static func words(
    of setting: Setting, isRight: Bool
  ) -> Result<[String], SettingsFault> {
    let flag = "--\(setting.name)"
    if setting.name == "config" {
      return .failure(fault(setting, "a settings file names no other"))
    }
    if let refusal = RefusedFlag.refusal(of: flag) { return .failure(fault(setting, refusal)) }
    switch setting.value {
    case .nothing: return checked([flag], setting, isLeftOut: true)
    case .text(let text): return checked(["\(flag)=\(text)"], setting, isRight: isRight)
    case .flag(let isOn, let word):
      // Most are switches; to an option that takes words, `on` is one of them.
      guard (try? RouterOptions.parse([flag])) != nil else {
        return checked(["\(flag)=\(word)"], setting, isRight: isRight)
      }
      if isOn { return .success([flag]) }
      let contrary = "--\(contrary(of: setting.name))"
      return .success((try? RouterOptions.parse([contrary])) == nil ? [] : [contrary])
    case .list(let elements):
      let words = elements.flatMap { texts in
        texts.count == 1 ? ["\(flag)=\(texts[0])"] : [flag] + texts
      }
      return checked(words.isEmpty ? [flag] : words, setting, isRight: isRight)
    }
  }

  /// `words`, or why ArgumentParser does not take them.
  ///
  /// - Parameters:
  ///   - isRight: it does, as is known.
  ///   - isLeftOut: nothing is to be said after all, if only the name is known.
  private static func checked(
    _ words: [String], _ setting: Setting, isRight: Bool = false, isLeftOut: Bool = false
  ) -> Result<[String], SettingsFault> {
    if isRight { return .success(words) }
    do {
      _ = try RouterOptions.parse(ListArguments.completed(words))
      return .success(isLeftOut ? [] : words)
    } catch {
      let message = RouterOptions.message(for: error)
      if message.hasPrefix("Unknown option") {
        return .failure(fault(setting, "there is no setting '\(setting.name)'"))
      }
      // The name is known: it is only its value that is missing, as it should be.
      if isLeftOut { return .success([]) }
      return .failure(fault(setting, message))
    }
  }

  private static func fault(_ setting: Setting, _ message: String) -> SettingsFault {
    SettingsFault(line: setting.line, message: message)
  }
}
