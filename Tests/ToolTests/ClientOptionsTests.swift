import TestFiles
import ArgumentParser
import PDRouter
import Testing
import Vocabulary

@testable import Tool

/// The flags of clients, on a command line and in a file.
@Suite struct ClientOptionsTests {
  private func clients(_ words: String..., file text: String? = nil) throws -> ClientSettings {
    guard let text else {
      return try OptionSource(arguments: words).read().configuration.clients
    }
    let document = TemporaryFile(text)
    return try withExtendedLifetime(document) {
      try OptionSource(arguments: ["--config", document.path] + words).read().configuration.clients
    }
  }

  @Test func `what is not said is the baseline's`() throws {
    let found = try clients()
    #expect(found == ClientSettings())
    #expect(
      found.requestIDHeaders == ["x-request-id", "x-correlation-id", "x-trace-id", "request-id"])
    let configuration = try OptionSource(arguments: []).read().configuration
    #expect(configuration.limits == Limits() && configuration.timeouts == Timeouts())
  }

  @Test func `lists may be given, be empty, and stand before other flags`() throws {
    #expect(try clients("--request-id-headers", "a", "b").requestIDHeaders == ["a", "b"])
    #expect(try clients("--request-id-headers").requestIDHeaders == [])
    #expect(try clients("--request-id-headers", "--port", "1").requestIDHeaders == [])
    #expect(try clients("--request-id-headers=").requestIDHeaders == [])
    #expect(try clients("--cors-allowed-origins").allowedOrigins == [])
    #expect(try clients("--cors-allowed-origins", "http://a").allowedOrigins == ["http://a"])
    #expect(try clients(file: "request-id-headers: []\n").requestIDHeaders == [])
    #expect(try clients(file: "request-id-headers: [a, b]\n").requestIDHeaders == ["a", "b"])
  }

  @Test func `keys and ports are taken`() throws {
    let found = try clients(
      "--client-api-key", "a", "--client-api-key", "b", "--client-api-keys-file", "f",
      "--api-key", "w", "--admin-port", "81", "--admin-api-key", "o",
      "--api-key-validation-urls", "http://a", "http://b")
    #expect(found.keys == ["a", "b"] && found.keysFile == "f" && found.workerKey == "w")
    #expect(found.admin == HostAndPort(host: "127.0.0.1", port: 81) && found.adminKey == "o")
    #expect(found.validationURLs == ["http://a", "http://b"])
    #expect(try clients("--admin-port", "0").admin == nil)
  }

  @Test func `an empty value is put where a list has none, and nowhere else`() {
    for (words, completed) in [
      (["--request-id-headers"], ["--request-id-headers", ""]),
      (
        ["--worker-urls", "--port", "1"], ["--worker-urls", "", "--port", "1"]
      ),
      (["--worker-urls", "http://a"], ["--worker-urls", "http://a"]),
      (["--worker-urls=http://a", "--port"], ["--worker-urls=http://a", "--port"]),
      ([], []),
    ] {
      #expect(ListArguments.completed(words) == completed)
    }
  }
}
