import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct PolicyConfigurationTests {
  private func configuration(
    isDisaggregated: Bool, _ change: (inout RouterConfiguration) -> Void = { _ in }
  ) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.policy = .random
    configuration.isDisaggregated = isDisaggregated
    configuration.workers =
      isDisaggregated
      ? [.init(url: "http://p:1", role: .prefill), .init(url: "http://d:1", role: .decode)]
      : [.init(url: "http://h:1", role: .both)]
    change(&configuration)
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
      (true, nil, 0), (true, .joint, 0), (true, .separate, 0), (false, nil, 0),
      (false, .joint, 1), (false, .separate, 1),
    ] as [(Bool, PairChoiceName?, Int)])
  func `a single pool has no pairs to choose`(
    isDisaggregated: Bool, choice: PairChoiceName?, count: Int
  ) {
    let found = faults(configuration(isDisaggregated: isDisaggregated) { $0.pairChoice = choice })
    #expect(found.count == count)
    #expect(found.allSatisfy { $0.contains("--pd-pair-choice needs") })
  }

  /// The chooser knows what decode serves alone: the decider's threshold, unless nobody decides or
  /// decode cannot.
  @Test(
    arguments: [
      (.joint, .threshold, 300, true, 300), (nil, .threshold, nil, true, 512),
      (nil, .cost, nil, true, 512), (nil, .off, nil, true, nil), (nil, nil, 300, false, nil),
    ] as [(PairChoiceName?, DeciderName?, Int?, Bool, Int?)])
  func `the chooser of pairs knows what decode would serve alone`(
    choice: PairChoiceName?, decider: DeciderName?, minimum: Int?, decodeCanPrefill: Bool,
    tokens: Int?
  ) {
    let configuration = configuration(isDisaggregated: true) { configuration in
      configuration.pairChoice = choice
      configuration.decider = decider
      configuration.minimumPrefillTokens = minimum.map { TokenCount($0) }
    }
    let chooser = configuration.makePairChooser(
      configuration.makeDecider(), decodeCanPrefill: decodeCanPrefill)
    #expect(chooser != nil)
    #expect(chooser?.servesWholeBelow == tokens.map { TokenCount($0) })
  }

  @Test func `separate choices need no chooser of pairs`() {
    let configuration = configuration(isDisaggregated: true) { $0.pairChoice = .separate }
    let decider = configuration.makeDecider()
    #expect(configuration.makePairChooser(decider, decodeCanPrefill: true) == nil)
  }

  @Test(arguments: PolicyName.allCases)
  func `what is needed is what the policies in use and the shadow need, and no more`(
    name: PolicyName
  ) {
    let used = [
      configuration(isDisaggregated: false) { $0.policy = name },
      configuration(isDisaggregated: true) { $0.prefillPolicy = name },
      configuration(isDisaggregated: true) { $0.decodePolicy = name },
      configuration(isDisaggregated: true) { $0.shadowPolicy = name },
      configuration(isDisaggregated: false) { $0.shadowPolicy = name },
    ]
    for configuration in used { #expect(configuration.policyNeeds == name.needs) }
    // The policies of split pools are of no use in a single one, and the other way round.
    let unused = [
      configuration(isDisaggregated: false) { $0.prefillPolicy = name },
      configuration(isDisaggregated: true) {
        $0.policy = name
        $0.prefillPolicy = .random
        $0.decodePolicy = .random
      },
    ]
    for configuration in unused { #expect(configuration.policyNeeds == []) }
  }
}
