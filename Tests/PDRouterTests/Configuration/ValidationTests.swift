import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct ValidationTests {
  private func faults(_ change: (inout RouterConfiguration) -> Void) -> [String] {
    var configuration = RouterConfiguration()
    configuration.workers = [.init(url: "http://h:1", role: .both)]
    change(&configuration)
    do throws(ConfigurationFaults) {
      try configuration.validate()
      return []
    } catch {
      return error.sentences
    }
  }

  private func disaggregate(
    _ configuration: inout RouterConfiguration, _ entries: [(String, Role)]
  ) {
    configuration.isDisaggregated = true
    configuration.workers = entries.map { .init(url: $0.0, role: $0.1) }
  }

  @Test func `a plain configuration and a split one are valid`() {
    #expect(faults { _ in } == [])
    for (prefill, decode) in [("http://p:1", "http://d:1"), ("http://x:1", "http://x:1")] {
      let found = faults { disaggregate(&$0, [(prefill, .prefill), (decode, .decode)]) }
      #expect(found == [])
    }
  }

  @Test func `numbers of admission are within their ranges`() {
    typealias Change = (inout RouterConfiguration) -> Void
    let changes: [(Change, String)] = [
      ({ $0.admission.maxConcurrentRequests = 0 }, "--max-concurrent-requests"),
      ({ $0.admission.maxConcurrentRequests = .max }, "--max-concurrent-requests"),
      ({ $0.admission.queueSize = -1 }, "--queue-size"),
      ({ $0.admission.queueSize = .max }, "--queue-size"),
      ({ $0.admission.queueTimeout = .zero }, "--queue-timeout-secs"),
      ({ $0.admission.queueTimeout = .seconds(Int.max) }, "--queue-timeout-secs"),
      ({ $0.admission.requestsPerSecond = 0 }, "--rate-limit-tokens-per-second"),
    ]
    for (change, flag) in changes {
      let found = faults(change)
      #expect(found.count == 1 && found[0].hasPrefix(flag))
    }
    #expect(faults { $0.admission.queueSize = 0 } == [])
  }

  @Test func `all faults are told at once, in the order of the configuration`() {
    let found = faults { configuration in
      configuration.workers = [
        .init(url: "grpc://h:1", role: .prefill), .init(url: "http://h:1", role: .both),
        .init(url: "http://h:1/", role: .both),
      ]
      configuration.isDisaggregated = true
      configuration.loops = 0
      configuration.limits.requestBodyBytes = 0
      configuration.timeouts.request = .zero
      configuration.lease = .seconds(3)
      configuration.health.interval = .zero
      configuration.health.timeout = .zero
      configuration.health.failureThreshold = 0
      configuration.health.successThreshold = 0
      configuration.health.path = "health check"
    }
    #expect(found.count == 14)
    let expected = [
      "grpc", "twice", "--decode", "exclude", "--loops", "--max-payload-size",
      "--request-timeout-secs", "--kv-lease-secs", "--health-check-interval-secs",
      "--health-check-timeout-secs", "--health-failure-threshold", "--health-success-threshold",
      "start with /", "printable",
    ]
    for (sentence, word) in zip(found, expected) { #expect(sentence.contains(word)) }
    #expect(ConfigurationFaults(sentences: found).description == found.joined(separator: "\n"))
  }

  @Test func `roles without disaggregation, and disaggregation without roles, are faults`() {
    #expect(faults { $0.workers = [.init(url: "http://h:1", role: .prefill)] }.count == 1)
    let found = faults { disaggregate(&$0, []) }
    #expect(found.count == 2)
  }

  @Test(arguments: [1, 256])
  func `the bounds of the number of loops are valid`(loops: Int) {
    #expect(faults { $0.loops = loops } == [])
  }

  @Test(arguments: [-1, 0, 257])
  func `a number of loops beyond the bounds is a fault`(loops: Int) {
    #expect(faults { $0.loops = loops }.count == 1)
  }

  @Test func `what is said of load is checked`() {
    for temperature in [-0.5, .nan, .infinity] {
      let found = faults { $0.policySettings.temperature = temperature }
      #expect(found.count == 1 && found[0].contains("--router-temperature"))
    }
    #expect(faults { $0.loadCheckInterval = .seconds(-1) }.count == 1)
    #expect(faults { $0.policySettings.slowStart = .seconds(-1) }.count == 1)
    let valid = faults {
      $0.policySettings.temperature = 2000
      $0.loadCheckInterval = .zero
      $0.policySettings.slowStart = .seconds(60)
    }
    #expect(valid == [])
  }

  @Test(arguments: ["", "health", "/a b", "/a\r\nx: y", "/é"])
  func `a health path that does not fit into a request is a fault`(path: String) {
    #expect(!faults { $0.health.path = path }.isEmpty)
  }

  @Test func `numbers that no breaker can go by are faults`() {
    let found = faults {
      $0.breaker.failureThreshold = 0
      $0.breaker.successThreshold = 0
      $0.breaker.timeout = .seconds(-1)
      $0.breaker.window = .zero
      $0.breaker.panicThreshold = 101
    }
    let flags = [
      "--cb-failure-threshold", "--cb-success-threshold", "--cb-timeout-duration-secs",
      "--cb-window-duration-secs", "--panic-threshold",
    ]
    #expect(found.count == flags.count)
    for (sentence, flag) in zip(found, flags) { #expect(sentence.contains(flag)) }
    let valid = faults {
      $0.breaker.failureThreshold = Int(UInt32.max)
      $0.breaker.timeout = .zero
      $0.breaker.panicThreshold = 0
    }
    #expect(valid == [])
  }
}
