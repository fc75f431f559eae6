import TestFiles
import Testing
import Vocabulary

@testable import PDRouter

struct ClientConfigurationTests {
  private func faults(_ change: (inout RouterConfiguration) -> Void) -> [String] {
    var configuration = RouterConfiguration()
    change(&configuration)
    do throws(ConfigurationFaults) {
      try configuration.validate()
      return []
    } catch {
      return error.sentences
    }
  }

  @Test func `keys, URLs, names and origins that can be are taken`() throws {
    let file = TemporaryFile("a: k1\n")
    let found = faults {
      $0.clients.keys = ["k2", "sk-\(String(repeating: "x", count: 200))"]
      $0.clients.keysFile = file.path
      $0.clients.validationURLs = ["http://auth:1/check?x"]
      $0.clients.workerKey = "w"
      $0.clients.adminKey = "a"
      $0.clients.requestIDHeaders = ["X-Mine", "trace_id"]
      $0.clients.allowedOrigins = ["http://a", "*", "null"]
      $0.limits.requestsPerConnection = 1000
      $0.timeouts.settle = .seconds(5)
      $0.timeouts.shutdownGrace = .zero
    }
    #expect(found == [])
  }

  @Test func `all that cannot be is told at once, and no secret with it`() throws {
    let file = TemporaryFile("a: twin\nnonsense\n")
    let found = faults {
      $0.clients.keys = ["", "se cret", "s\u{E4}cret", "twin"]
      $0.clients.keysFile = file.path
      $0.clients.validationURLs = ["https://user@auth/", "nonsense"]
      $0.clients.workerKey = "sec\nret"
      $0.clients.workerKeySource = "OPENAI_API_KEY"
      $0.clients.adminKey = ""
      $0.clients.requestIDHeaders = ["ok", "not ok", ""]
      $0.clients.allowedOrigins = ["http://a b"]
      $0.limits.clientConnections = 0
      $0.limits.requestsPerConnection = -1
      $0.limits.headBytes = 10
      $0.limits.headerCount = 0
      $0.timeouts.requestHead = .zero
      $0.timeouts.requestBodyIdle = .zero
      $0.timeouts.clientIdle = .seconds(Int64.max)
      $0.timeouts.answerStall = .zero
      $0.timeouts.settle = .seconds(-1)
      $0.timeouts.shutdownGrace = .seconds(31_536_001)
    }
    let beginnings = [
      "--client-api-key: a key is", "--client-api-key: a key is", "--client-api-key: a key is",
      "--client-api-keys-file: \(file.path):2: a line is 'name: key'",
      "--client-api-keys-file: \(file.path): the name or key of 'a' is that of 'key-4'",
      "OPENAI_API_KEY must be", "--admin-api-key must be", "--request-id-headers: 'not ok'",
      "--request-id-headers: ''", "--cors-allowed-origins: 'http://a b'",
      "--api-key-validation-urls 'https://user@auth/': a validation URL has no user",
      "--api-key-validation-urls 'nonsense'", "--max-connections",
      "--max-requests-per-connection", "--max-header-bytes", "--max-header-count",
      "--client-header-timeout-secs", "--client-body-timeout-secs", "--client-idle-timeout-secs",
      "--client-send-timeout-secs", "--drain-settle-secs", "--shutdown-grace-period-secs",
    ]
    #expect(found.count == beginnings.count)
    for (sentence, beginning) in zip(found, beginnings) {
      #expect(sentence.hasPrefix(beginning), "\(sentence)")
    }
    #expect(!found.contains { $0.contains("cret") || $0.contains("twin") })
  }

  @Test func `a client's authorization is for workers unless it is ours or they have another`() {
    var settings = ClientSettings()
    #expect(settings.passesAuthorization)
    settings.validationURLs = ["http://auth/"]
    #expect(settings.passesAuthorization)
    settings.keys = ["k"]
    #expect(!settings.passesAuthorization)
    settings.keys = []
    settings.workerKey = "w"
    #expect(!settings.passesAuthorization)
  }
}
