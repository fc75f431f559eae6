internal import SettingsFile

/// Files of settings: any bytes are settings or a fault with a line of the file.
enum SettingsFuzz {
  static func run(_ input: FuzzInput) {
    let most = input.text.count + 1
    do throws(SettingsFault) {
      let settings = try Settings.read(input.text)
      precondition(Set(settings.map(\.name)).count == settings.count, "a name comes twice")
      precondition(settings.allSatisfy { $0.line >= 1 && $0.line <= most && !$0.name.isEmpty })
    } catch {
      precondition(error.line >= 0 && error.line <= most && !error.message.isEmpty)
    }
  }
}
