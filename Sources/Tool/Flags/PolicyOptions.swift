public import ArgumentParser
internal import Glibc
internal import PDRouter
public import Policies
internal import Vocabulary

/// The flags of how workers are chosen, with the baseline's names and defaults.
struct PolicyOptions: ParsableArguments {
  @Option(help: "How workers are chosen.")
  var policy = PolicyName.cacheAware

  @Option(help: "How prefill workers are chosen, when not as --policy says.")
  var prefillPolicy: PolicyName?

  @Option(help: "How decode workers are chosen, when not as --policy says.")
  var decodePolicy: PolicyName?

  @Option(help: "A policy that is asked what it would have chosen, for metrics only.")
  var shadowPolicy: PolicyName?

  @Option(help: "How a prefill and a decode worker are chosen: joint (default) or separate.")
  var pdPairChoice: PairChoiceName?

  @Option(help: "Share of a prompt that a worker must have seen to be sent it for that, 0 to 1.")
  var cacheThreshold = 0.3

  @Option(help: "Requests by which loads may differ before load alone decides.")
  var balanceAbsThreshold = 64

  @Option(help: "Times the least load that the greatest may be before load alone decides.")
  var balanceRelThreshold = 1.5

  @Option(
    name: [.customLong("eviction-interval-secs"), .customLong("eviction-interval")],
    help: "Time between trims of what is remembered of prompts, in seconds.")
  var evictionIntervalSecs = 120

  @Option(help: "Prompt bytes that are remembered of each worker.")
  var maxTreeSize = 33_554_432

  @Option(help: "Time between looks at an engine's load, in seconds; 0 for none.")
  var loadCheckInterval = 10

  @Option(help: "Time that a worker that came (back) is given less, in seconds; 0 for none.")
  var slowStartSecs = 0

  @Option(help: "How far kv_aware draws instead of taking the least cost, in units of the cost.")
  var routerTemperature = 0.0

  /// The baseline's variable for how long `sticky_least_loaded` keeps a silent session, in seconds.
  static let sessionExpiryVariable = "VLLM_ROUTER_SLL_SESSION_EXPIRATION_IN_S"

  /// Writes what the flags and the environment say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    if let text = getenv(PolicyOptions.sessionExpiryVariable).map({ String(cString: $0) }) {
      if let seconds = Int(text), seconds > 0, seconds <= 1 << 31 {
        configuration.policySettings.sessionExpiry = .seconds(seconds)
      } else {
        configuration.statedFaults.append(
          "\(PolicyOptions.sessionExpiryVariable) must be a number of seconds, not '\(text)'")
      }
    }
    configuration.policy = policy
    configuration.prefillPolicy = prefillPolicy
    configuration.decodePolicy = decodePolicy
    configuration.shadowPolicy = shadowPolicy
    configuration.pairChoice = pdPairChoice
    configuration.loadCheckInterval = .seconds(loadCheckInterval)
    configuration.policySettings.slowStart = .seconds(slowStartSecs)
    configuration.policySettings.temperature = routerTemperature
    configuration.policySettings.cacheThreshold = cacheThreshold
    configuration.policySettings.balanceAbsoluteThreshold = balanceAbsThreshold
    configuration.policySettings.balanceRelativeThreshold = balanceRelThreshold
    configuration.policySettings.evictionInterval = .seconds(evictionIntervalSecs)
    configuration.policySettings.maxTreeSize = maxTreeSize
  }
}

extension PolicyName: ExpressibleByArgument {}
extension PairChoiceName: ExpressibleByArgument {}
