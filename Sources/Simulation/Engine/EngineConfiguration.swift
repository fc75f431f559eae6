package import Vocabulary

/// Everything that decides how one simulated engine behaves, apart from its faults.
///
/// A plain value; nothing here changes while the engine runs.
package struct EngineConfiguration: Sendable {
  /// What a remote load that failed leads to (vLLM's `kv_load_failure_policy`).
  package enum LoadFailurePolicy: Sendable {
    /// The request ends with an internal error: the default since about 0.17.
    case fail
    /// The prompt is computed again, locally.
    case recompute
  }

  /// The one model it serves, and the name it answers to.
  package var model = "tiny"
  /// What the operator started it for; a label only, as the pull connector ignores `kv_role`.
  package var role = Role.both
  /// How many data-parallel ranks it has, each with a scheduler and a KV cache of its own. Several
  /// only with connectors whose engines know each other by rank here: not MoRI-IO, not SGLang.
  package var dataParallelSize = 1
  /// How it moves KV.
  package var connector = EngineConnector.nixlPull
  /// What its steps cost in time, and its capacity.
  package var cost = EngineCostModel()
  /// How long an exported KV cache stays pinned without a heartbeat.
  package var lease = Duration.seconds(30)
  /// How long an exported KV cache stays pinned when nobody comes; nil for the connector's own
  /// time.
  package var reclaim: Duration?
  /// How long decode waits for prefill to write; nil for the connector's own time.
  package var patience: Duration?
  /// Most tokens of prompt and answer together.
  package var maxModelLength = 131_072
  /// `max_tokens` of a chat request that states none. vLLM would go on to the model's length; a
  /// simulation wants answers of a bounded size.
  package var defaultChatTokens = 64
  /// Decides every random choice of the engine (request suffixes). Never the text it answers with.
  package var seed: UInt64 = 0
  /// The identity a decode engine checks before it reads; a restarted engine has a new one.
  package var engineID: String
  /// The host decode engines are told to read from.
  package var sideChannelHost = "127.0.0.1"
  /// The port decode engines are told to read from.
  package var sideChannelPort: UInt16 = 5600
  /// The port of the bootstrap server, which a prefill engine of Mooncake or SGLang has; 0 takes a
  /// free one.
  package var bootstrapPort: UInt16 = 8998
  /// What `/version` says.
  package var version = "0.32.0"
  /// What happens when remote KV cannot be had.
  package var loadFailurePolicy = LoadFailurePolicy.fail
  /// Whether the word that a request was refused waits for this engine's next step, as was measured
  /// on an idle vLLM 0.32.0; otherwise it leaves at once.
  package var noticeWaitsForStep = false
  /// Whether usage carries `prompt_tokens_details` (vLLM's `--enable-prompt-tokens-details`).
  package var reportsCachedTokens = true
  /// Whether blocks are shared between requests with the same prefix.
  package var cachesPrefixes = true
  /// Most choices (`n` times prompts) of one request.
  package var maxChoices = 1024

  /// A configuration with vLLM-like defaults for an engine known to its peers as `engineID`.
  package init(engineID: String = "00000000-0000-4000-8000-000000000001") {
    self.engineID = engineID
  }

  /// The same for one of its ranks, which other engines know by a name and a port of its own, as
  /// vLLM's do.
  func ofRank(_ rank: Int) -> EngineConfiguration {
    precondition((0..<dataParallelSize).contains(rank))
    var configuration = self
    configuration.engineID = EngineConfiguration.engineID(engineID, rank, of: dataParallelSize)
    configuration.seed = seed &+ UInt64(rank) << 16
    if sideChannelPort > 0, rank > 0 { configuration.sideChannelPort &+= UInt16(rank) }
    return configuration
  }

  private static func engineID(_ name: String, _ rank: Int, of count: Int) -> String {
    count > 1 ? "\(name)_dp\(rank)" : name
  }

  /// How long exported KV stays pinned when nobody comes.
  package var keepTime: Duration { reclaim ?? connector.reclaim ?? lease }
  /// How long decode waits for prefill to write.
  package var waitTime: Duration { patience ?? connector.patience }
  /// Time between a decode engine's heartbeats: a sixth of the lease; SGLang's 5 s.
  package var heartbeatInterval: Duration { connector == .sglang ? .seconds(5) : lease / 6 }
  /// How far one heartbeat pushes the lease's end: two thirds of the lease from its arrival.
  package var heartbeatExtension: Duration { lease * 2 / 3 }
  /// The text of `system_fingerprint`.
  package var fingerprint: String { "vllm-\(version)-5d1a7e00" }
}
