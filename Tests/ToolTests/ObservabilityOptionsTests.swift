import TestFiles
import ArgumentParser
import LogLines
import PDRouter
import Testing

@testable import Tool

struct ObservabilityOptionsTests {
  /// A settings file, a command line, and whether requests leave lines.
  static let accessLogs: [(file: String, words: [String], logs: Bool)] = [
    ("", [], true), ("", ["--log-level", "debug"], true), ("", ["--log-level", "warning"], false),
    ("", ["--log-level", "critical"], false), ("", ["--no-access-log"], false),
    ("", ["--log-level", "error", "--access-log"], true), ("access-log: off", [], false),
    ("access-log: on\nlog-level: error", [], true), ("no-access-log: yes", [], false),
    ("access-log: off", ["--access-log"], true), ("access-log: on", ["--no-access-log"], false),
    ("no-access-log: on", ["--access-log"], true),
  ]

  @Test(arguments: accessLogs)
  func `requests leave lines as the level says, unless the switch says more`(
    _ row: (file: String, words: [String], logs: Bool)
  ) throws {
    let document = TemporaryFile(row.file)
    try withExtendedLifetime(document) {
      let configuration = try OptionSource(arguments: ["--config", document.path] + row.words)
        .read().configuration
      #expect(configuration.statedFaults == [])
      #expect(configuration.logsRequests == row.logs)
    }
  }

  @Test func `clients are told nothing unless it is asked for`() throws {
    let plain = try OptionSource(arguments: []).read().configuration.observability
    #expect(plain == ObservabilitySettings())
    let asked = try OptionSource(arguments: ["--route-receipt"]).read().configuration
    #expect(asked.observability.givesRouteReceipt && !asked.observability.reportsStages)
  }

  @Test func `the log's format and directory are taken as they are`() throws {
    let options = try RouterOptions.parse(["--log-format", "json", "--log-dir", "/a"])
      .observability
    #expect(options.logFormat.logFormat == .json && options.logDir == "/a")
    #expect(throws: (any Error).self) { try RouterOptions.parse(["--log-format", "xml"]) }
  }
}
