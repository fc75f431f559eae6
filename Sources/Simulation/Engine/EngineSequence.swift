internal import Vocabulary

/// One choice of one request inside the scheduler: its prompt, its blocks and how far it is.
struct EngineSequence: Sendable {
  /// Where a sequence is on its way.
  enum Stage: Hashable, Sendable {
    /// Queued: holds no blocks.
    case waiting
    /// Holds blocks and waits for the side channel's answer.
    case loading
    /// Holds blocks; the remote read is under way and ends at the instant.
    case transferring(Instant)
    /// Has lost its way to its KV and waits for ever.
    case hanging
    /// Has its first token, has handed its blocks over to the exports, and waits until they are
    /// fetched.
    case offered
    /// Holds blocks full of KV, or about to be computed, and waits for a place in the batch.
    case ready
    /// In the batch.
    case running
  }

  let id: EngineSequenceID
  /// Which of its prompt's choices it is.
  let place: Int
  let prompt: [UInt32]
  let innerID: String
  let maxTokens: Int
  let minTokens: Int
  let ignoresEnd: Bool
  let kv: KVParameters?
  /// Where its KV comes from; nil when it computes its prompt itself.
  let route: KVRoute?
  /// Under which name its KV is handed over in the end; nil when it is not, or nobody could ask.
  let exportName: String?
  let submitted: Instant
  let salt: UInt64

  var stage = Stage.waiting
  /// When it gives up waiting for its KV to be written.
  var waitEnd: Instant?
  /// Whether its exporter is sent heartbeats for it: from acceptance until the read is over.
  var isWantedRemotely: Bool
  var stops: StopFinder?
  /// Prompt blocks first, then those of the answer.
  var blocks: [Int32] = []
  /// Cache keys of the prompt's full blocks, in order.
  var keys: [UInt64] = []
  /// Tokens whose KV is in the blocks, from the front.
  var computed = 0
  /// Prompt tokens found in the local cache.
  var localHits = 0
  /// Prompt tokens read from another engine.
  var externalHits = 0
  /// Blocks the pending remote read asks for.
  var pullCount = 0
  /// Who is told when the read is over; nil once told.
  var owed: KVSource?
  /// How it ends once what it offers has been fetched.
  var ending: EngineEnding?
  /// What the model saw as the prompt: known when the prompt is done.
  var digest: TokenDigest?
  var naturalLength = Int.max
  var generated = 0
  var lastToken: UInt32 = 0
  var lastTokenAt = Instant.zero
  /// What the keys of the answer's blocks are made from: all tokens up to the last full block and
  /// beyond, as the client sees them.
  var prefix = TokenDigest()

  /// A queued sequence for choice `choice` of `request`.
  init(
    _ request: EngineRequest, id: EngineSequenceID, suffix: String, maxTokens: Int,
    _ configuration: EngineConfiguration, now: Instant
  ) {
    precondition(maxTokens >= 1 && id.choice < request.choices)
    self.id = id
    place = id.choice % request.n
    prompt = request.prompts[id.choice / request.n]
    let name = request.name(choice: id.choice)
    innerID = request.innerID(choice: id.choice, suffix: suffix)
    self.maxTokens = maxTokens
    minTokens = request.minTokens
    ignoresEnd = request.ignoresEnd
    kv = request.kv
    route = configuration.route(kv, requestID: request.requestID, name: name)
    exportName = configuration.exportName(
      kv, requestID: request.requestID, name: name, innerID: innerID)
    isWantedRemotely = route?.source != nil && configuration.connector.hasHeartbeats
    submitted = now
    salt = TokenDigest(of: request.cacheSalt.utf8.map(UInt32.init)).value
    if !request.stops.isEmpty {
      stops = StopFinder(stops: request.stops, includesStop: request.includesStop)
    }
  }

  /// Whether the whole prompt's KV is there, so that each step makes a token.
  var isDecoding: Bool { computed >= prompt.count }

  /// The cache key of the block that ends where `digest` ends.
  func key(after digest: TokenDigest) -> UInt64 {
    let mixed = SplitMix64.mix(digest.value ^ SplitMix64.mix(UInt64(digest.count)) ^ salt)
    return mixed == 0 ? 1 : mixed
  }

  /// Works out `keys`; leaves `prefix` at the whole prompt.
  mutating func prepareKeys(blockTokens: Int) {
    precondition(keys.isEmpty && prefix.count == 0)
    for token in prompt {
      prefix.append(token)
      if prefix.count % blockTokens == 0 { keys.append(key(after: prefix)) }
    }
  }
}
