internal import Vocabulary

/// The KV cache of one engine: a fixed number of blocks, reference counted, shared by prefix.
///
/// Every block has a *content* (what was really written into it, also after it was freed) and may
/// have a *key* (what the prefix cache believes it holds). The two differ only after a request read
/// somebody else's KV: then the cache is poisoned, as a real one would be. A freed block keeps both
/// until it is handed out again, the least recently freed first. Block 0 is never handed out, as in
/// vLLM. Not thread-safe. Every operation is O(1) per block.
package struct BlockPool: ~Copyable {
  /// Tokens in one block.
  package let blockTokens: Int
  /// Blocks that can be handed out.
  package let capacity: Int
  /// Blocks with at least one holder.
  package private(set) var used = 0

  private var holders: [Int32]
  private var contents: [TokenDigest]
  private var keys: [UInt64]
  private var blockByKey: [UInt64: Int32] = [:]
  // The free list, least recently freed first; block 0 is its head and tail sentinel.
  private var nextFree: [Int32]
  private var previousFree: [Int32]

  /// A pool of `capacity` free, empty blocks of `blockTokens` tokens.
  package init(capacity: Int, blockTokens: Int) {
    precondition(capacity > 0 && capacity < Int(Int32.max) && blockTokens > 0)
    self.capacity = capacity
    self.blockTokens = blockTokens
    holders = Array(repeating: 0, count: capacity + 1)
    contents = Array(repeating: TokenDigest(), count: capacity + 1)
    keys = Array(repeating: 0, count: capacity + 1)
    nextFree = (0...Int32(capacity)).map { $0 == Int32(capacity) ? 0 : $0 + 1 }
    previousFree = (0...Int32(capacity)).map { $0 == 0 ? Int32(capacity) : $0 - 1 }
  }

  /// Blocks nobody holds.
  package var free: Int { capacity - used }

  /// Share of the blocks that are held, 0 to 1.
  package var usage: Double { Double(used) / Double(capacity) }

  /// How many blocks `tokens` need.
  package func blocks(for tokens: Int) -> Int {
    (tokens + blockTokens - 1) / blockTokens
  }

  /// The block the prefix cache has for `key`, held or not.
  package func cached(_ key: UInt64) -> Int32? {
    blockByKey[key]
  }

  /// Whether nobody holds `block`.
  package func isFree(_ block: Int32) -> Bool {
    holders[Int(block)] == 0
  }

  /// Adds a holder to a cached block.
  package mutating func hold(_ block: Int32) {
    precondition(block > 0 && block <= Int32(capacity))
    if holders[Int(block)] == 0 {
      unlink(block)
      used += 1
    }
    holders[Int(block)] += 1
  }

  /// Takes the least recently freed block, empties it and drops it from the prefix cache.
  package mutating func allocate() -> Int32 {
    let block = nextFree[0]
    precondition(block != 0, "callers ask `free` first")
    if keys[Int(block)] != 0 {
      if blockByKey[keys[Int(block)]] == block { blockByKey[keys[Int(block)]] = nil }
      keys[Int(block)] = 0
    }
    contents[Int(block)] = TokenDigest()
    hold(block)
    return block
  }

  /// Drops one holder of each block; tails are freed first, so that prefixes live longest.
  package mutating func release(_ blocks: some BidirectionalCollection<Int32>) {
    for block in blocks.reversed() {
      precondition(holders[Int(block)] > 0, "a block is released once per holder")
      holders[Int(block)] -= 1
      guard holders[Int(block)] == 0 else { continue }
      link(block)
      used -= 1
    }
  }

  /// What is in `block` now, whoever wrote it; nil outside the pool.
  package func content(of block: Int32) -> TokenDigest? {
    guard block >= 0 && block <= Int32(capacity) else { return nil }
    return contents[Int(block)]
  }

  /// Overwrites what a held block holds.
  package mutating func write(_ content: TokenDigest, to block: Int32) {
    precondition(holders[Int(block)] > 0 && content.count <= blockTokens)
    contents[Int(block)] = content
  }

  /// Adds one token's KV to a held block that is not full.
  package mutating func append(_ token: UInt32, to block: Int32) {
    precondition(holders[Int(block)] > 0)
    contents[Int(block)].append(token)
  }

  /// Offers a full block to later requests under `key`; the first block of a key keeps it.
  package mutating func publish(_ block: Int32, as key: UInt64) {
    precondition(key != 0 && holders[Int(block)] > 0)
    guard blockByKey[key] == nil, keys[Int(block)] == 0 else { return }
    keys[Int(block)] = key
    blockByKey[key] = block
  }

  private mutating func unlink(_ block: Int32) {
    let before = previousFree[Int(block)]
    let after = nextFree[Int(block)]
    nextFree[Int(before)] = after
    previousFree[Int(after)] = before
  }

  private mutating func link(_ block: Int32) {
    let last = previousFree[0]
    nextFree[Int(last)] = block
    previousFree[Int(block)] = last
    nextFree[Int(block)] = 0
    previousFree[0] = block
  }
}
