import Testing

@testable import PDRouter

struct StartupSettingsTests {
  @Test func `the defaults are the baseline's, and times must be greater than nothing`() {
    var settings = StartupSettings()
    #expect(settings.timeout == .seconds(600) && settings.checkInterval == .seconds(30))
    #expect(settings.faults.isEmpty)
    settings.timeout = .zero
    settings.checkInterval = .seconds(-1)
    #expect(
      settings.faults == [
        "--worker-startup-timeout-secs must be greater than 0",
        "--worker-startup-check-interval must be greater than 0",
      ])
    var configuration = RouterConfiguration()
    configuration.startup = settings
    #expect(throws: ConfigurationFaults(sentences: settings.faults)) {
      try configuration.validate()
    }
  }
}
