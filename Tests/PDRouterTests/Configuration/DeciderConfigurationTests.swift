import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct DeciderConfigurationTests {
  private func configuration(
    _ decider: DeciderName?, _ minimum: Int?, isDisaggregated: Bool = true
  ) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.isDisaggregated = isDisaggregated
    configuration.workers =
      isDisaggregated
      ? [.init(url: "http://p:1", role: .prefill), .init(url: "http://d:1", role: .decode)]
      : [.init(url: "http://h:1", role: .both)]
    configuration.decider = decider
    configuration.minimumPrefillTokens = minimum.map { TokenCount($0) }
    return configuration
  }

  private func faults(_ configuration: RouterConfiguration) -> [String] {
    do throws(ConfigurationFaults) {
      try configuration.validate()
      return []
    } catch {
      return error.sentences
    }
  }

  @Test(
    arguments: [
      (nil, nil, .off, 512),
      (nil, 0, .off, 0),
      (nil, 300, .threshold, 300),
      (.off, nil, .off, 512),
      (.off, 0, .off, 0),
      (.threshold, nil, .threshold, 512),
      (.threshold, 2_048, .threshold, 2_048),
      (.cost, nil, .cost, 512),
      (.cost, 0, .cost, 0),
      (.cost, 100, .cost, 100),
    ] as [(DeciderName?, Int?, DeciderName, Int)])
  func `the two settings say together who decides`(
    decider: DeciderName?, minimum: Int?, name: DeciderName, tokens: Int
  ) {
    let configuration = configuration(decider, minimum)
    #expect(faults(configuration) == [])
    let made = configuration.makeDecider()
    #expect(made.name == name)
    #expect(made.minimumPrefillTokens == TokenCount(tokens))
  }

  @Test(
    arguments: [
      (.off, 1, "excludes"),
      (.threshold, 0, "greater than 0"),
      (nil, -1, "0 or greater, not -1"),
      (.cost, .min, "0 or greater"),
    ] as [(DeciderName?, Int?, String)])
  func `settings that contradict each other are a fault`(
    decider: DeciderName?, minimum: Int?, word: String
  ) {
    let found = faults(configuration(decider, minimum))
    #expect(found.count == 1)
    #expect(found.first?.contains(word) == true)
  }

  @Test(
    arguments: [
      (.threshold, nil, 1), (.cost, nil, 1), (nil, 512, 1), (.off, nil, 0), (nil, 0, 0),
      (nil, nil, 0),
    ] as [(DeciderName?, Int?, Int)])
  func `a single pool has nothing to decide`(decider: DeciderName?, minimum: Int?, count: Int) {
    let found = faults(configuration(decider, minimum, isDisaggregated: false))
    #expect(found.count == count)
    #expect(found.allSatisfy { $0.contains("need --vllm-pd-disaggregation") })
  }
}
