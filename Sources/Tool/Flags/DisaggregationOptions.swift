public import ArgumentParser
public import KVTransfer
internal import PDRouter
public import Policies
internal import Vocabulary

/// The flags of how requests are split over prefill and decode, and of how KV caches move.
struct DisaggregationOptions: ParsableArguments {
  @Option(help: "How it is decided which requests are split; off splits all.")
  var pdDecider: DeciderName?

  @Option(help: "Tokens that decode would have to compute for a request to be split.")
  var pdMinPrefillTokens: Int?

  @Option(help: "How engines move KV caches.")
  var kvConnector = KVConnectorName.nixl

  @Option(
    help: ArgumentHelp(
      "How long a prefill engine keeps KV that nobody fetched, in seconds.",
      discussion: "Default: 30 for nixl, 480 for mooncake, 60 for moriio, 300 for sglang."))
  var kvLeaseSecs: Int?

  @Option(help: "Mode of the engines' MoRI-IO connector.")
  var moriioTransferMode = MoRIIOTransferMode.read

  @Flag(help: "Do not give decode the token ids that prefill made of a chat.")
  var noPdPromptTokenIds = false

  @Flag(
    help: "Ask decode while prefill computes, where engines allow either (nixl push, mooncake).")
  var kvLegsTogether = false

  @Flag(help: "Give unused KV back by a served and dropped request, for engines before vLLM 41269.")
  var pdReleaseByDrop = false

  @Flag(help: "Send prefill hints in the body's vllm_xargs too, not only as headers.")
  var pdHintsInBody = false

  @Flag(help: "Make engines that never met do so by a request of one token, before a client waits.")
  var pdPrewarm = false

  /// The baseline's names of MoRI-IO's modes.
  enum MoRIIOTransferMode: String, CaseIterable, ExpressibleByArgument {
    case read = "READ"
    case write = "WRITE"
  }

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.decider = pdDecider
    configuration.minimumPrefillTokens = pdMinPrefillTokens.map { TokenCount($0) }
    configuration.connector = kvConnector
    configuration.connectorOptions.moriioWrites = moriioTransferMode == .write
    configuration.connectorOptions.sharesPromptTokens = !noPdPromptTokenIds
    configuration.connectorOptions.legsLeaveTogether = kvLegsTogether
    configuration.releasesByDrop = pdReleaseByDrop
    configuration.lease = kvLeaseSecs.map { .seconds($0) }
    configuration.hintsInBody = pdHintsInBody
    configuration.prewarmsPairs = pdPrewarm
  }
}

extension DeciderName: ExpressibleByArgument {}
extension KVConnectorName: ExpressibleByArgument {}
