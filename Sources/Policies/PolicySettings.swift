/// What an operator may choose about policies; the defaults are the baseline's.
public struct PolicySettings: Sendable, Equatable {
  /// `cache_aware`: share of the prompt that must be known to a worker to be sent there for it;
  /// 0 … 1.
  public var cacheThreshold = 0.3
  /// `cache_aware`: how many requests more than the least loaded worker the most loaded one may
  /// have before load alone decides, if also `balanceRelativeThreshold` is passed.
  public var balanceAbsoluteThreshold = 64
  /// `cache_aware`: how many times the least load the greatest one may be; at least 1.
  public var balanceRelativeThreshold = 1.5
  /// How often what is remembered of prompts is brought below its bound everywhere.
  public var evictionInterval: Duration = .seconds(120)
  /// Prompt bytes that are remembered of each worker.
  public var maxTreeSize = 1 << 25
  /// Decides the hashes of prompts; to be drawn at random by the process, so that nobody outside
  /// can make prompts collide.
  public var hashSeed: UInt64 = 0
  /// Threads that share a `PolicyMemory`; at least 1.
  public var loops = 1
  /// How long a session that is not heard of keeps its worker.
  public var sessionExpiry: Duration = .seconds(7200)
  /// `sticky_least_loaded`: sessions remembered for each leg; one more forgets the one used longest
  /// ago. 40 bytes each.
  public var sessionCapacity = 1 << 20
  /// `prefix_hash`: how many times the mean load a worker may have before prompts that are its own
  /// go on to their next one; at least 1.
  public var prefixHashLoadFactor = 1.25
  /// Blocks (`PrefixChain.blockBytes`) at the start of a prompt that hash placements go by: 2 KiB,
  /// some 500 tokens, enough to tell one system prompt from another.
  public var prefixHashBlocks = 4
  /// `kv_aware`: 0 takes the least cost, more draws the likelier the less the costs differ, in
  /// units of that cost; finite and not negative.
  public var temperature = 0.0
  /// How long a worker that came (back) is given less than its part; 0 for not at all.
  public var slowStart: Duration = .zero

  /// The defaults.
  public init() {}
}
